//! `kernmesh machines`

use std::path::Path;

use machine::{Machine, preset_names, preset_purpose, preset_toml};
use serde::Serialize;

use super::Style;
use super::args::MachinesArgs;
use super::outputs::to_text;
use super::subject::machine_at;
use crate::error::{Error, Exit};
use crate::render::columns;

#[derive(Serialize)]
struct Listed {
    name: &'static str,
    purpose: &'static str,
}

pub fn machines(args: &MachinesArgs, style: Style) -> Result<Exit, Error> {
    let text = match &args.name {
        None => listed(args.json),
        Some(name) => described(name, args.json)?,
    };
    style.stdout().print(&text)?;
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
