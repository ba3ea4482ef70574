//! The program as its users meet it: through the command line, on the embedded endpoint and on real servers.

mod answer_pages;
mod localstack;
mod logs;
mod ownership;
mod plan_page;
mod planner;
mod run_folder;
mod served;

mod accounting;
mod audit;
mod audit_cut_off;
mod audited;
mod aws;
mod bad_input;
mod bounds;
mod browser;
mod check;
mod cleanup;
mod cloud;
mod compare;
mod cut_off;
mod determinism;
mod disk;
mod fan_out;
mod fit;
mod interrupt;
mod limits;
mod output;
mod readme;
mod recommend;
mod report;
mod scenarios;
mod strategies;
mod sweep;
mod verify;
