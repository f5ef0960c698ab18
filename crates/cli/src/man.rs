//! `chainrule man`: the help of all commands as pages for `man`.

use std::fs;
use std::io;

use clap::{Command, CommandFactory};
use clap_mangen::Man;

use crate::args::{Cli, ManArgs};
use crate::escape::shown;
use crate::failure::Failure;
use crate::files;
use crate::output::Output;

pub(crate) fn run(args: &ManArgs) -> Result<(), Failure> {
    let mut output = Output::new(false, false);
    let pages = pages().map_err(Failure::Output)?;
    match &args.folder {
        None => output.write(|out| pages.iter().try_for_each(|(_, page)| out.write_all(page))),
        Some(folder) => {
            fs::create_dir_all(folder).map_err(|source| chainrule::Error::Io {
                path: folder.clone(),
                action: "make",
                source,
            })?;
            for (name, page) in &pages {
                files::write(&folder.join(name), |out| out.write_all(page))?;
            }
            output.say(format_args!("wrote {} pages to {}", pages.len(), shown(folder.display())));
        }
    }
    output.finish()
}

/// The file names and contents.
fn pages() -> io::Result<Vec<(String, Vec<u8>)>> {
    let mut program = Cli::command().disable_help_subcommand(true);
    program.build();
    let commands: Vec<Command> = program.get_subcommands().cloned().collect();
    let page = |command: Command| {
        let (man, mut page) = (Man::new(command), Vec::new());
        man.render(&mut page).map(|()| (man.get_filename(), page))
    };
    std::iter::once(program).chain(commands).map(page).collect()
}
