//! `kernmesh completions` and `kernmesh man`: what a shell and `man` know of the commands, from their definition.

use std::path::PathBuf;

use clap::{Args, CommandFactory};
use clap_complete::{Shell, generate};
use clap_mangen::Man;

use super::Style;
use super::args::Cli;
use crate::error::{Error, Exit};
use crate::target::{Target, commit, system};

const NAME: &str = "kernmesh";

#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  kernmesh completions bash > ~/.local/share/bash-completion/completions/kernmesh
  kernmesh completions zsh > ~/.zfunc/_kernmesh
  kernmesh completions fish > ~/.config/fish/completions/kernmesh.fish
  kernmesh completions powershell >> $PROFILE")]
pub struct CompletionsArgs {
    /// The shell.
    #[arg(value_enum)]
    pub shell: Shell,
}

#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  kernmesh man | man -l -
  kernmesh man --out ~/.local/share/man/man1")]
pub struct ManArgs {
    /// Write kernmesh.1 and a page for every command here.
    #[arg(long, value_name = "DIR")]
    pub out: Option<PathBuf>,
}

pub fn completions(args: &CompletionsArgs, style: Style) -> Result<Exit, Error> {
    let mut script = Vec::new();
    generate(args.shell, &mut Cli::command(), NAME, &mut script);
    style.stdout().print(&String::from_utf8_lossy(&script))?;
    Ok(Exit::Good)
}

pub fn man(args: &ManArgs, style: Style) -> Result<Exit, Error> {
    let Some(folder) = &args.out else {
        style.stdout().print(&page(Cli::command()))?;
        return Ok(Exit::Good);
    };
    // A folder of pages is the command's own, so that it may make it.
    std::fs::create_dir_all(folder).map_err(|error| system("make", folder, error))?;
    let mut staged = Vec::new();
    for (name, page) in pages() {
        staged.push(Target::at(&folder.join(name))?.stage(page.as_bytes())?);
    }
    commit(staged)?;
    Ok(Exit::Good)
}

/// The page of each command by the name of its file.
fn pages() -> Vec<(String, String)> {
    let mut whole = Cli::command();
    whole.build();
    let subcommands = whole.get_subcommands().filter(|it| it.get_name() != "help");
    let of_commands = subcommands.map(|command| {
        let name = format!("{NAME}-{}", command.get_name());
        (format!("{name}.1"), page(command.clone().name(name)))
    });
    [(format!("{NAME}.1"), page(Cli::command()))].into_iter().chain(of_commands).collect()
}

fn page(command: clap::Command) -> String {
    let mut page = Vec::new();
    Man::new(command).render(&mut page).expect("a list of bytes takes any text");
    String::from_utf8_lossy(&page).into_owned()
}
