//! `kernmesh machines`

use std::path::Path;

use machine::{Machine, preset_names, preset_purpose, preset_toml};
use serde::Serialize;

use super::Style;
use super::list_args::MachinesArgs;
use super::outputs::{Input, targets, to_text};
use super::schema::machine_schema;
use super::subject::{is_file, machine_at, machine_or_default};
use crate::error::{Error, Exit};
use crate::machine_keys::machine_keys;
use crate::render::{self, Paint, columns};
use crate::target::commit;

#[derive(Serialize)]
struct Listed {
    name: &'static str,
    purpose: &'static str,
}

pub fn machines(args: &MachinesArgs, style: Style) -> Result<Exit, Error> {
    let terminal = style.stdout();
    let text = match (&args.name, &args.svg) {
        (Some(name), Some(file)) => return drawn(name, file, style),
        (Some(name), None) => described(name, args.json)?,
        (None, _) if args.keys => keys(args.json, terminal.paint)?,
        (None, _) => listed(args.json),
    };
    terminal.print(&text)?;
    Ok(Exit::Good)
}

fn keys(json: bool, paint: Paint) -> Result<String, Error> {
    let all = machine_keys(machine_schema(), &machine_or_default(None)?.values());
    Ok(if json { to_text(&all) } else { render::keys(&all, paint) })
}

fn drawn(name: &Path, file: &Path, style: Style) -> Result<Exit, Error> {
    let input = is_file(name).then_some(Input::File("NAME", name));
    let svg = (file != Path::new("-")).then_some(("--svg", file));
    let [target] = targets([svg], &[input])?;
    let text = render::topology(&machine_at(name)?);
    match target {
        Some(target) => commit(vec![target.stage(text.as_bytes())?])?,
        None => style.stdout().print(&text)?,
    }
    Ok(Exit::Good)
}

fn listed(json: bool) -> String {
    let presets = preset_names().into_iter();
    let presets = presets.map(|name| Listed { name, purpose: preset_purpose(name).unwrap_or_default() });
    if json {
        return to_text(&presets.collect::<Vec<_>>());
    }
    columns(
        &presets.map(|preset| vec![preset.name.to_owned(), preset.purpose.to_owned()]).collect::<Vec<_>>(),
    )
}

/// A preset keeps its comments, which name the source of every number.
fn described(name: &Path, json: bool) -> Result<String, Error> {
    let machine: Machine = machine_at(name)?;
    if json {
        return Ok(to_text(machine.spec()));
    }
    let preset = name.to_str().and_then(preset_toml).map(str::to_owned);
    Ok(preset.unwrap_or_else(|| machine.to_toml()))
}
