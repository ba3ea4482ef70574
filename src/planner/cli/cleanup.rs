//! `planner cleanup`, and the clean-up at the end of a run.

use std::path::Path;
use std::time::Duration;

use miette::IntoDiagnostic;

use super::args::CleanupOptions;
use super::exit::{BadInput, Exit, of_error};
use super::interrupt::interrupted;
use super::{safety, stdio};
use crate::runs::read;
use planner_aws::cleanup::{CleanUp, CleanupScope, RunNames, clean_up};
use planner_aws::clients::Clients;
use planner_aws::created::{Created, CreatedLog, FILE};
use planner_aws::{TargetError, preflight};
use planner_core::scenario::file::TargetKind;

/// Time limit of one deletion.
const TIMEOUT: Duration = Duration::from_secs(60);
/// Names that are shown of what was kept.
const SHOWN: usize = 10;

/// Runs the command.
pub(super) fn run(options: &CleanupOptions) -> miette::Result<Exit> {
    let document = read::read_document(&options.run)?;
    if document.target.kind == TargetKind::Embedded || !options.run.join(FILE).exists() {
        stdio::say("nothing to clean up: the run created nothing outside this program");
        return Ok(Exit::Fine);
    }
    // Held until the end, so that a run that goes on is refused before anything is asked.
    let log = CreatedLog::append(&options.run)?;
    if Created::read(&options.run)?.is_empty() {
        stdio::say("nothing to clean up: everything that the run created is deleted");
        return Ok(Exit::Fine);
    }
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().into_diagnostic()?;
    runtime.block_on(async {
        let region = document.target.region.as_deref();
        let clients = if document.target.kind == TargetKind::Aws {
            safety::check_service_url()?;
            let clients = Clients::aws(region, TIMEOUT).await;
            let account = preflight::account(&clients).await?;
            safety::agree(options.account.as_deref(), &account, options.yes)?;
            clients
        } else {
            let url = options.endpoint_url.as_ref().or(document.target.endpoint_url.as_ref());
            let url = url.ok_or_else(|| BadInput::new("the run names no endpoint", "add --endpoint-url"))?;
            safety::check_endpoint(url)?;
            Clients::endpoint(url, region, TIMEOUT)?
        };
        let extent = CleanupScope {
            unconfirmed_too: options.unconfirmed,
            unconditional_too: options.unconditional,
            is_later: true,
        };
        let names = RunNames::new(&document.run, &document.scenario);
        let Some(done) = unless_interrupted(&clients, &log, names, extent).await else {
            return Ok(Exit::Interrupted);
        };
        let done = done?;
        tell_about(&done, &options.run);
        Ok(exit(&done))
    })
}

/// Cleans up after a run that has just ended, tells what went wrong, and says how the clean-up ended: an error of its own
/// must not hide what the run came to.
pub(super) async fn after_run(
    clients: &Clients,
    log: &CreatedLog,
    names: RunNames<'_>,
    extent: CleanupScope,
    quiet: bool,
) -> Exit {
    match unless_interrupted(clients, log, names, extent).await {
        None => Exit::Interrupted,
        Some(Ok(done)) => {
            if !quiet || !done.is_complete() {
                tell_about(&done, log.folder());
            }
            exit(&done)
        }
        Some(Err(error)) => {
            let report = miette::Report::from(error);
            stdio::complain(&report);
            of_error(&report)
        }
    }
}

/// Cleans up. None where it was interrupted, which is said.
async fn unless_interrupted(
    clients: &Clients,
    log: &CreatedLog,
    names: RunNames<'_>,
    extent: CleanupScope,
) -> Option<Result<CleanUp, TargetError>> {
    tokio::select! {
        cleaned = clean_up(clients, log, names, extent) => Some(cleaned),
        () = interrupted() => {
            let folder = log.folder().display();
            stdio::say(format_args!("the clean-up was interrupted; `planner cleanup {folder}` goes on with it"));
            None
        }
    }
}

fn exit(done: &CleanUp) -> Exit {
    if done.is_complete() { Exit::Fine } else { Exit::Failed }
}

fn tell_about(done: &CleanUp, folder: &Path) {
    stdio::say(format_args!("clean-up: {} deleted, {} uploads aborted", done.deleted, done.aborted));
    if done.absent > 0 {
        stdio::say(format_args!("  {} were not there", done.absent));
    }
    list("kept because they are no longer what the run wrote", &done.changed);
    list("buckets kept because they are not empty", &done.in_use);
    list("kept because it does not show that this run made them", &done.foreign);
    list("kept because the run never saw them written; --unconfirmed deletes them", &done.unconfirmed);
    list(
        "kept, at least as hidden versions, because the run does not know which version it wrote; --unconfirmed \
         deletes the newest",
        &done.unversioned,
    );
    list(
        "kept because the endpoint cannot delete on the condition that an object is unchanged; --unconditional \
         deletes them all the same, and with them what somebody else writes in the moment between the look and the \
         deletion",
        &done.unconditional,
    );
    list("failed", &done.failures);
    if let Some(tear) = done.tear {
        let rest = if tear.is_harmless {
            "what it was to name was never asked for"
        } else {
            "that line and everything after it were ignored; check what is left under the run's prefix"
        };
        stdio::say(format_args!("  {FILE} is torn at line {}: {rest}", tear.line));
    }
    if !done.is_complete() {
        stdio::say(format_args!("`planner cleanup {}` tries again", folder.display()));
    }
}

fn list(what: &str, names: &[String]) {
    if names.is_empty() {
        return;
    }
    stdio::say(format_args!("  {} {what}:", names.len()));
    for name in names.iter().take(SHOWN) {
        stdio::say(format_args!("    {name}"));
    }
    if names.len() > SHOWN {
        stdio::say(format_args!("    and {} more", names.len() - SHOWN));
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::emulator::{Cloud, CloudConfig};
    use planner_aws::created::KeyEvent;

    #[tokio::test(start_paused = true)]
    async fn whatever_is_left_behind_is_no_success() {
        let config = CloudConfig::default();
        let cloud = Cloud::new(config.clone());
        let clients = cloud.clients(TIMEOUT);
        let folder = tempfile::tempdir().unwrap();
        let names = RunNames { run: "r", buckets: Some(["a", "b"]), topic: None };
        let created = CreatedLog::create(folder.path()).unwrap();
        let after_run = || after_run(&clients, &created, names, CleanupScope::default(), true);
        assert_eq!(after_run().await, Exit::Fine);
        cloud.put_sparse("b", "planner-runs/r/copies/unsure", 1);
        created.note(KeyEvent::Intended, "b", "planner-runs/r/copies/unsure").unwrap();
        assert_eq!(after_run().await, Exit::Failed, "an object stays");
        created.note(KeyEvent::Intended, "b", "of-somebody-else").unwrap();
        assert_eq!(after_run().await, Exit::Refused, "the list is not the run's");
    }
}
