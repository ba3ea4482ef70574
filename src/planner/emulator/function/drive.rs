//! What runs a function: it asks the service model what Lambda does next, and does it.

use std::sync::{Arc, Weak};

use aws_sdk_s3::Client as S3;

use super::host::{Host, STRANGERS};
use super::work::work;
use crate::emulator::admission::lock;
use planner_consumer::handler::CopyHandler;
use planner_consumer::settings::Settings;
use planner_core::fan_out::copy_record::CopyRecord;
use planner_core::service::function::PipelineAction;

/// Puts the consumer into a function; its first message starts it.
pub(in crate::emulator) fn start(host: &Arc<Host>, s3: S3, settings: Settings) {
    let logging = Arc::downgrade(host);
    let log = move |line: &CopyRecord| {
        if let Some(host) = logging.upgrade() {
            lock(&host.state).lines.push(line.clone());
        }
    };
    let consumer = CopyHandler::new(s3, settings, log);
    *lock(&host.driver) = Some(Box::pin(drive(Arc::downgrade(host), Arc::new(consumer))));
}

/// Asks what to do, for as long as the runtime lives. Until it has begun, the host owns it and not the other way round.
async fn drive(host: Weak<Host>, consumer: Arc<CopyHandler>) {
    let Some(host) = host.upgrade() else { return };
    loop {
        let action = {
            let mut state = lock(&host.state);
            let action = state.consumer.poll(host.now_ns());
            if let PipelineAction::Ended { key, fate } = action {
                if key < STRANGERS {
                    state.fates.insert(key, fate);
                }
                host.open.send_replace(state.consumer.open());
            }
            action
        };
        match action {
            PipelineAction::Invoke(invocation) => {
                let (host, consumer) = (Arc::clone(&host), Arc::clone(&consumer));
                tokio::spawn(async move { work(&host, &consumer, invocation).await });
            }
            PipelineAction::Ended { .. } => {}
            PipelineAction::Wait(None) => host.woken.notified().await,
            PipelineAction::Wait(Some(until_ns)) => {
                // Never early: the model would only say again how long to wait.
                let until = tokio::time::sleep_until(host.gate.clock.instant(until_ns));
                tokio::select! {
                    () = host.woken.notified() => {}
                    () = until => {}
                }
            }
        }
    }
}
