//! The options of `chainrule completions`.

use clap::Args;
use clap_complete::Shell;

const EXAMPLES: &str = "\
Examples:
  chainrule completions bash > ~/.local/share/bash-completion/completions/chainrule
  chainrule completions zsh > ~/.zfunc/_chainrule      (with `fpath+=~/.zfunc` before compinit in ~/.zshrc)
  chainrule completions fish > ~/.config/fish/completions/chainrule.fish
  chainrule completions powershell >> $PROFILE";

/// Print the script by which a shell completes commands, options and those values of them that are a fixed list
#[derive(Debug, Args)]
#[command(after_help = EXAMPLES)]
pub(crate) struct CompletionsArgs {
    /// The shell that it is for
    #[arg(value_enum)]
    pub(crate) shell: Shell,
}
