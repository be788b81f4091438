//! `kernmesh list`

use kernels::{Catalogue, Kernel};
use serde::Serialize;

use super::Style;
use super::list_args::ListArgs;
use super::outputs::to_text;
use super::subject::machine_or_default;
use crate::at_defaults::AtDefaults;
use crate::error::{Error, Exit};
use crate::render::{self, Paint, columns, wrapped};

#[derive(Serialize)]
struct Listed {
    name: &'static str,
    purpose: &'static str,
    params: Vec<ListedParam>,
}

#[derive(Serialize)]
struct ListedParam {
    name: &'static str,
    default: &'static str,
    doc: &'static str,
}

pub fn list(args: &ListArgs, kernels: Catalogue, style: Style) -> Result<Exit, Error> {
    let terminal = style.stdout();
    let text = match &args.name {
        Some(name) => {
            let kernel = kernels.find(name)?;
            let of = AtDefaults::of(kernel, &machine_or_default(args.machine.as_deref())?)?;
            if args.json { to_text(&of) } else { render::at_defaults(&of, terminal.paint) }
        }
        None if args.json => to_text(&kernels.iter().map(listed).collect::<Vec<_>>()),
        None => {
            let all = kernels.iter().map(|kernel| described(kernel, terminal.paint)).collect::<Vec<_>>();
            format!("{}\n`kernmesh list KERNEL` has allowed values, and what runs\n", all.join("\n"))
        }
    };
    terminal.print(&text)?;
    Ok(Exit::Good)
}

fn listed(kernel: &Kernel) -> Listed {
    let params = kernel.params.iter();
    let params = params.map(|param| ListedParam { name: param.name, default: param.default, doc: param.doc });
    Listed { name: kernel.name, purpose: kernel.purpose, params: params.collect() }
}

fn described(kernel: &Kernel, paint: Paint) -> String {
    let rows: Vec<Vec<String>> = kernel
        .params
        .iter()
        .map(|param| vec![format!("  {}", param.name), param.default.to_owned(), param.doc.to_owned()])
        .collect();
    let head = format!("{}: {}", paint.strong(kernel.name), kernel.purpose);
    format!("{}\n{}", wrapped(&head, 4), columns(&rows))
}
