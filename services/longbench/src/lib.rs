//! LongBench-Write and LongWrite-Ruler over any configured model, with and without AgentWrite, and training data made as
//! LongWriter-6k was (LongWriter, arXiv 2408.07055). No server, no terminal: a run is a folder, a report is a value.
//!
//! [`run()`] writes samples into a [`RunFolder`], [`Judge`] rates them, [`score()`] and [`Report`] say what they are worth.
//! [`Tasks`] are the instructions of a data set, and make it of the samples of a run.

mod author;
mod bucket;
mod dataset;
mod drafts;
mod folder;
mod journal;
mod judge;
mod plot;
mod report;
mod row;
mod run;
mod sample;
mod score;
mod settings;

pub use author::{Author, Task, WatchSteps};
pub use bucket::Bucket;
pub use dataset::{
    Asked, Dataset, Filters, Instruction, Pairs, Reason, Statistics, Tasks, asked_length, read_instructions,
    required_words, write_dataset,
};
pub use folder::{FolderError, RunFile, RunFolder, RunRecord};
pub use judge::{Judge, Judgements, Ratings, Verdict};
pub use plot::{PlotError, scatter};
pub use report::{JudgeReport, Line, Longest, PUBLISHED, Published, Report, Spread, Table};
pub use row::{Row, RowError, read_rows};
pub use run::{Progress, RunSummary, run};
pub use sample::{Key, Outcome, Sample};
pub use score::{Quality, Scored, score};
pub use settings::{Data, Identity, Method, Settings};
