//! `reachwatch completions` and `reachwatch man`: made from the same definitions that parse the command line.

use std::io::{self, Write};

use clap::CommandFactory;
use clap_complete::Shell;

use super::args::Cli;

/// Writes a completion script.
pub(crate) fn completions(shell: Shell, out: &mut impl Write) -> io::Result<()> {
    // clap_complete panics when its writer fails, a buffer never does.
    let mut script = Vec::new();
    clap_complete::generate(shell, &mut Cli::command(), "reachwatch", &mut script);
    out.write_all(&script)
}

/// Writes the manual page: the program's own part and one section for each command.
pub(crate) fn man(out: &mut impl Write) -> io::Result<()> {
    let mut program = Cli::command();
    program.build();
    clap_mangen::Man::new(program.clone()).manual("User Commands").render(out)?;
    for command in program.get_subcommands().filter(|command| command.get_name() != "help") {
        let own_options = command.clone().mut_args(|option| {
            let hidden = option.is_hide_set() || option.is_global_set();
            option.hide(hidden)
        });
        let man = clap_mangen::Man::new(own_options);
        writeln!(out, ".SH \"COMMAND {}\"", command.get_name().to_uppercase())?;
        man.render_description_section(out)?;
        man.render_synopsis_section(out)?;
        man.render_options_section(out)?;
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use clap::ValueEnum;

    use super::*;

    #[test]
    fn every_shell_completes_every_command() {
        for shell in Shell::value_variants() {
            let mut script = Vec::new();
            completions(*shell, &mut script).unwrap();
            let script = String::from_utf8(script).unwrap();
            for command in Cli::command().get_subcommands() {
                assert!(script.contains(command.get_name()), "{shell}: {}", command.get_name());
            }
        }
    }

    #[test]
    fn the_manual_page_has_every_command_and_option() {
        let mut page = Vec::new();
        man(&mut page).unwrap();
        let page = String::from_utf8(page).unwrap().replace("\\-", "-");
        for name in ["COMMAND CHECK", "COMMAND EXPLAIN", "--listen", "--format", "--group", "REACHWATCH_CONFIG"] {
            assert!(page.contains(name), "{name}");
        }
    }
}
