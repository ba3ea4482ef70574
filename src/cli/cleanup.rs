//! `planner cleanup`, and the clean-up at the end of a run.

use std::path::Path;
use std::time::Duration;

use miette::IntoDiagnostic;

use super::args::CleanupOptions;
use super::exit::{BadInput, Exit};
use super::interrupt::interrupted;
use super::safety;
use crate::runs::created::{Created, FILE};
use crate::runs::read;
use crate::scenario::file::TargetKind;
use crate::target::cleanup::{CleanUp, clean_up};
use crate::target::clients::Clients;
use crate::target::preflight;

/// Time limit of one deletion.
const TIMEOUT: Duration = Duration::from_secs(60);
/// Names that are shown of what was kept.
const SHOWN: usize = 10;

/// Runs the command.
pub fn run(options: &CleanupOptions) -> miette::Result<Exit> {
    let document = read::read_document(&options.run)?;
    if document.target.kind == TargetKind::Embedded || !options.run.join(FILE).exists() {
        eprintln!("nothing to clean up: the run created nothing outside this program");
        return Ok(Exit::Fine);
    }
    let left = Created::read(&options.run)?;
    if left.is_empty() {
        eprintln!("nothing to clean up: everything that the run created is deleted");
        return Ok(Exit::Fine);
    }
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().into_diagnostic()?;
    runtime.block_on(async {
        let region = document.target.region.as_deref();
        let clients = if document.target.kind == TargetKind::Aws {
            let clients = Clients::aws(region, TIMEOUT).await;
            let account = preflight::account(&clients).await?;
            safety::agree(options.account.as_deref(), &account, options.yes)?;
            clients
        } else {
            let url = options.endpoint_url.as_ref().or(document.target.endpoint_url.as_ref());
            let url = url.ok_or_else(|| BadInput::new("the run names no endpoint", "add --endpoint-url"))?;
            Clients::endpoint(url, region, TIMEOUT)?
        };
        let done = clean_up(&clients, &options.run, &document.run, options.unconfirmed).await?;
        tell(&done, &options.run);
        Ok(if done.is_complete() { Exit::Fine } else { Exit::Failed })
    })
}

/// Cleans up after a run that has just ended, and says whether that was interrupted.
pub async fn after_run(clients: &Clients, folder: &Path, run: &str, quiet: bool) -> miette::Result<Exit> {
    let done = tokio::select! {
        done = clean_up(clients, folder, run, false) => done?,
        () = interrupted() => {
            eprintln!("the clean-up was interrupted; `planner cleanup {}` goes on with it", folder.display());
            return Ok(Exit::Interrupted);
        }
    };
    if !quiet || !done.is_complete() {
        tell(&done, folder);
    }
    Ok(Exit::Fine)
}

fn tell(done: &CleanUp, folder: &Path) {
    eprintln!("clean-up: {} deleted, {} uploads aborted", done.deleted, done.aborted);
    if done.absent > 0 {
        eprintln!("  {} were not there", done.absent);
    }
    list("kept because they are no longer what the run wrote", &done.changed);
    list("kept because the run never saw them written; --unconfirmed deletes them", &done.unconfirmed);
    list("failed", &done.failures);
    if !done.is_complete() {
        eprintln!("`planner cleanup {}` tries again", folder.display());
    }
}

fn list(what: &str, names: &[String]) {
    if names.is_empty() {
        return;
    }
    eprintln!("  {} {what}:", names.len());
    for name in names.iter().take(SHOWN) {
        eprintln!("    {name}");
    }
    if names.len() > SHOWN {
        eprintln!("    and {} more", names.len() - SHOWN);
    }
}
