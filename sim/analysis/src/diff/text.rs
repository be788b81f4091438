//! Differences in English.

use std::fmt;

use machine::{SimTime, ns};
use serde_json::Value;

use super::what::{Form, FormBase, Lasting, Log, Step, What, Writer, Written};

impl fmt::Display for What {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            What::Only { log, took_fs } => only(f, *log, *took_fs),
            What::Moved([a, b]) => write!(f, "it moved: op {} in a, op {} in b", a.0, b.0),
            What::Constants(fields) => {
                let [a, b] = fields.each_ref().map(|fields| constants(fields));
                write!(f, "its constants differ: {a} in a, {b} in b")
            }
            What::Views(forms) => write!(f, "its views differ: {} in a, {} in b", forms[0], forms[1]),
            What::Bytes { marks, of } => write!(f, "it {} {} in a, {} in b", verb(*marks), of[0], of[1]),
            What::OtherBytes { marks } => write!(f, "it {} other bytes", verb(*marks)),
            What::Message([a, b]) => write!(f, "it is of {a} in a, of {b} in b"),
            What::TensorShare => f.write_str("its tensor is another part of the host's"),
            What::WaitsForOthers => f.write_str("it waits for other ops"),
            What::Time { step, at } => time(f, *step, at.map(SimTime::fs)),
            What::Unit([a, b]) => write!(f, "on {a} in a, on {b} in b"),
            What::Length { of, fs } => length(f, *of, *fs),
            What::Value => f.write_str("its value differs; it is the first that does"),
            What::Ranks([a, b]) => write!(f, "{a} ranks in a, {b} in b"),
            What::HostTensors => f.write_str("the host's inputs or outputs differ"),
            What::Surroundings => f.write_str("the tensors in HBM, or the ends of the rings, differ"),
            What::OutputWriters => f.write_str("the outputs are written by other ops"),
            What::Outputs => {
                f.write_str("the outputs differ, although every op in both logs has the same value")
            }
            What::OutputForms => f.write_str("the outputs have other names or shapes"),
            What::MessageTimes => {
                f.write_str("messages arrive, or credits return, at other times; no op is affected")
            }
            What::StallReasons => f.write_str("the same waits have other reasons"),
        }
    }
}

fn only(f: &mut fmt::Formatter<'_>, log: Log, took_fs: Option<u64>) -> fmt::Result {
    let (log, took) = match log {
        Log::A => ("a", "took"),
        Log::B => ("b", "takes"),
    };
    write!(f, "only {log} has this op")?;
    took_fs.iter().try_for_each(|&fs| write!(f, ": it {took} {}", ns(fs)))
}

fn verb(marks: bool) -> &'static str {
    if marks { "marks" } else { "reads" }
}

fn constants(fields: &[(String, Value)]) -> String {
    if fields.is_empty() {
        return "nothing".to_owned();
    }
    fields.iter().map(|(key, value)| field(key, value)).collect::<Vec<_>>().join(", ")
}

fn field(key: &str, of_key: &Value) -> String {
    format!("{key} {}", value(of_key))
}

fn value(of_key: &Value) -> String {
    match of_key {
        Value::String(text) => text.clone(),
        Value::Object(fields) => fields.iter().map(|(key, it)| field(key, it)).collect::<Vec<_>>().join(","),
        Value::Array(items) => format!("[{}]", items.iter().map(value).collect::<Vec<_>>().join(",")),
        Value::Null | Value::Bool(_) | Value::Number(_) => of_key.to_string(),
    }
}

fn time(f: &mut fmt::Formatter<'_>, step: Step, [a, b]: [u64; 2]) -> fmt::Result {
    let step = match step {
        Step::Issued => "issued",
        Step::Started => "started",
        Step::Done => "done",
    };
    let (way, by) = if a <= b { ("later", b - a) } else { ("earlier", a - b) };
    write!(f, "{step} {} {way}: {} in a, {} in b", ns(by), ns(a), ns(b))
}

fn length(f: &mut fmt::Formatter<'_>, of: Lasting, [a, b]: [u64; 2]) -> fmt::Result {
    match of {
        Lasting::Op => f.write_str("takes"),
        Lasting::Credit => f.write_str("its credit is under way"),
        Lasting::Message => f.write_str("its message is under way"),
        Lasting::Wait(reason) => write!(f, "waits ({})", reason.name()),
    }?;
    let (way, by) = if b > a { ("longer", b - a) } else { ("less", a - b) };
    write!(f, " {} {way}: {} in a, {} in b", ns(by), ns(a), ns(b))
}

impl fmt::Display for Form {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Form { shape, dtype, base, offset, strides } = self;
        write!(f, "{shape} {dtype} of {base}")?;
        if *offset != 0 {
            write!(f, " from byte {offset}")?;
        }
        strides.iter().try_for_each(|strides| write!(f, " with strides {strides:?}"))
    }
}

impl fmt::Display for FormBase {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            FormBase::Buffer => f.write_str("a buffer"),
            FormBase::Tensor { name, shape, dtype, home } => {
                let extents: Vec<String> = shape.iter().map(u32::to_string).collect();
                write!(f, "`{name}` ({} {dtype} of rank {})", extents.join("×"), home.0)
            }
            FormBase::Message { from, to } => write!(f, "a message from rank {} to rank {}", from.0, to.0),
        }
    }
}

impl fmt::Display for Written {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let writer = |writer: &Writer| match writer {
            Writer::Nothing => "nothing".to_owned(),
            Writer::Host(tensor) => format!("the host's {tensor}"),
            Writer::Op(op) => op.to_string(),
        };
        let by = self.by.iter().map(writer).collect::<Vec<_>>().join(" or ");
        write!(f, "bytes {} to {} of {by}", self.from, self.to)
    }
}
