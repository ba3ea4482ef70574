//! Where every request is admitted, waits for as long as the service model says, and is counted.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use super::clock::EndpointClock;
use planner_core::account::Limits;
use planner_core::law::in_flight_window;
use planner_core::service::{Admission, Profile, ServiceModel, ServiceRefusal, ServiceRequest};

/// The service model, the clock that it is told, and the limits on what a request may ask for.
#[derive(Debug)]
pub(super) struct Gate {
    pub(super) clock: EndpointClock,
    pub(super) limits: Limits,
    served: Mutex<GateState>,
}

/// What is told the time under one lock, so that it never runs backwards.
#[derive(Debug)]
struct GateState {
    model: ServiceModel,
    copying: in_flight_window::InFlight,
}

/// Locks `mutex`; what it guards is whole even if a holder panicked, since holders only compute.
pub(super) fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

impl Gate {
    pub(super) fn new(profile: Profile, limits: Limits, seed: u64) -> Self {
        let served =
            GateState { model: ServiceModel::new(profile, seed), copying: in_flight_window::InFlight::new() };
        Self { clock: EndpointClock::start(), limits, served: Mutex::new(served) }
    }

    /// Admits a request and waits for its time. It stays in flight until the answer is dropped, so
    /// that its effect can be made visible at its end, and leaves if its client goes away.
    pub(super) async fn pass(
        &self,
        request: &ServiceRequest<'_>,
    ) -> Result<AdmittedRequest<'_>, ServiceRefusal> {
        let (admission, copy_started_ns) = self.admit(request);
        let (refusal, duration_ns) = (admission.refusal, admission.duration_ns);
        let in_flight = AdmittedRequest { gate: self, admission: Some(admission), copy_started_ns };
        self.clock.wait(duration_ns).await;
        refusal.map_or(Ok(in_flight), Err)
    }

    fn admit(&self, request: &ServiceRequest<'_>) -> (Admission, Option<u64>) {
        let mut served = lock(&self.served);
        let now_ns = self.clock.now_ns();
        let copy_started_ns = matches!(request, ServiceRequest::Copy(_)).then_some(now_ns);
        if copy_started_ns.is_some() {
            served.copying.started(now_ns);
        }
        (served.model.admit(now_ns, request), copy_started_ns)
    }

    /// What was counted over the copy requests, refused ones included, since the call before.
    pub(super) fn close_copies(&self) -> in_flight_window::Window {
        let mut served = lock(&self.served);
        served.copying.close(self.clock.now_ns())
    }
}

/// A request in flight.
#[derive(Debug)]
#[must_use = "dropping it ends the request"]
pub(super) struct AdmittedRequest<'a> {
    gate: &'a Gate,
    admission: Option<Admission>,
    copy_started_ns: Option<u64>,
}

impl Drop for AdmittedRequest<'_> {
    fn drop(&mut self) {
        let mut served = lock(&self.gate.served);
        let now_ns = self.gate.clock.now_ns();
        if let Some(admission) = self.admission.take() {
            served.model.finish(now_ns, admission);
        }
        if let Some(started_ns) = self.copy_started_ns {
            served.copying.ended(started_ns, now_ns);
        }
    }
}

/// Reads how many requests are in flight at the endpoint, whatever the client believes.
#[derive(Clone, Debug)]
pub struct EndpointGauge(pub(super) Arc<Gate>);

/// One reading of an [`EndpointGauge`].
///
/// The difference of two in-flight times, divided by the nanoseconds between the readings, is the
/// mean number in flight between them.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct GaugeReading {
    /// Nanoseconds since the endpoint started.
    pub now_ns: u64,
    /// Copies and parts of copies in flight.
    pub copies: u64,
    /// Integral of `copies` since the start, in request-nanoseconds.
    pub copies_time_ns: u128,
    /// Publish requests in flight.
    pub publishes: u64,
    /// Integral of `publishes` since the start, in request-nanoseconds.
    pub publishes_time_ns: u128,
}

impl EndpointGauge {
    /// Reads all counts at one moment.
    #[must_use]
    pub fn read(&self) -> GaugeReading {
        let model = &lock(&self.0.served).model;
        let now_ns = self.0.clock.now_ns();
        GaugeReading {
            now_ns,
            copies: model.copies().in_flight(),
            copies_time_ns: model.copies().in_flight_time_ns(now_ns),
            publishes: model.publishes().in_flight(),
            publishes_time_ns: model.publishes().in_flight_time_ns(now_ns),
        }
    }
}
