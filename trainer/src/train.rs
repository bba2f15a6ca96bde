//! The training loop: shuffled epochs, AdamW, checkpoints that resume exactly.

use std::path::Path;
use std::sync::mpsc::sync_channel;

use anyhow::{Context, Result, bail};
use burn::optim::{AdamWConfig, GradientsParams, ModuleOptimizer};
use burn::prelude::*;
use burn::store::ModuleRecord;
use indicatif::{ProgressBar, ProgressStyle};
use rand::SeedableRng;
use rand::seq::SliceRandom;
use rand_chacha::ChaCha8Rng;
use serde::{Deserialize, Serialize};

use crate::averaged::WeightAverage;
use crate::config::{Experiment, Training};
use crate::schedule::learning_rate;

/// What the loop needs to know of a network's data and loss.
pub trait Objective: Sync {
    /// What is trained, with whatever is thrown away afterwards.
    type Net: Module;
    /// What is kept of it.
    type Product: Module;
    /// One batch in plain memory, made on another thread than the one that trains.
    type Batch: Send;

    /// Training examples per epoch.
    fn examples(&self) -> usize;
    /// Gathers and augments the examples at `indices`.
    fn batch(&self, indices: &[usize], rng: &mut ChaCha8Rng) -> Result<Self::Batch>;
    /// The loss of a batch and its gradients.
    fn step(&self, net: &Self::Net, batch: Self::Batch, device: &Device) -> Result<Step>;
    /// What is kept of `net`.
    fn product(&self, net: Self::Net) -> Self::Product;
    /// A score on the validation fold; higher is better.
    fn validate(&self, product: &Self::Product, device: &Device) -> Result<f64>;
    /// Writes what the objective itself remembers of the run beside a checkpoint.
    fn save_state(&self, _run_dir: &Path) -> Result<()> {
        Ok(())
    }
    /// Reads what [`save_state`](Self::save_state) wrote.
    fn load_state(&self, _run_dir: &Path) -> Result<()> {
        Ok(())
    }
}

/// What one batch says.
pub struct Step {
    /// Its loss.
    pub loss: f64,
    /// Of everything that learns.
    pub gradients: GradientsParams,
}

/// One line of the run's history.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct EpochSummary {
    /// 1 for the first.
    pub epoch: usize,
    /// Mean training loss.
    pub loss: f64,
    /// [`Objective::validate`]'s score.
    pub validation: f64,
    /// Wall-clock seconds of the epoch, validation excluded.
    pub seconds: f64,
}

/// How much of an experiment one call does.
#[derive(Clone, Copy, Debug, Default)]
pub struct RunLimits {
    /// Go on after the last finished epoch of the run folder.
    pub resume: bool,
    /// Stop, resumable, after this many epochs of this call.
    pub stop_after: Option<usize>,
}

/// What is kept: the averaged product.
const MODEL_FILE: &str = "model.bpk";
/// What is trained, as it is, and its running mean: to go on from.
const NET_FILE: &str = "net.bpk";
const AVERAGE_FILE: &str = "average.bpk";
const OPTIMIZER_FILE: &str = "optimizer.bpk";
const HISTORY_FILE: &str = "history.json";

/// A run between two epochs.
struct State<M> {
    net: M,
    average: WeightAverage,
    optimizer: ModuleOptimizer,
    history: Vec<EpochSummary>,
}

/// Trains `net` and leaves the run in `run_dir`: `model.bpk` (what is kept), `history.json`, `experiment.toml`, and what a
/// resumed run needs.
///
/// Epoch `n` draws all its randomness from (seed, n), so a run resumed from its last checkpoint goes on
/// exactly as it would have. Stops with an error, keeping the last checkpoint, when the loss is not finite.
pub fn train<O: Objective>(
    objective: &O,
    net: O::Net,
    experiment: &Experiment,
    run_dir: &Path,
    device: &Device,
    limits: RunLimits,
) -> Result<O::Product> {
    let Training {
        epochs,
        batch_size,
        weight_decay,
        averaging,
        ..
    } = experiment.training;
    std::fs::create_dir_all(run_dir)
        .with_context(|| format!("cannot create {}", run_dir.display()))?;
    std::fs::write(
        run_dir.join("experiment.toml"),
        toml::to_string_pretty(experiment)?,
    )?;
    let steps_per_epoch = objective.examples() / batch_size;
    if steps_per_epoch == 0 {
        bail!(
            "{} training examples do not fill one batch of {batch_size}",
            objective.examples()
        );
    }

    let mut state = State {
        average: WeightAverage::new(&net, averaging, 0),
        net,
        optimizer: AdamWConfig::new().with_weight_decay(weight_decay).init(),
        history: Vec::new(),
    };
    if limits.resume {
        state = load_checkpoint(objective, state, averaging, steps_per_epoch, run_dir)?;
    }
    let last = limits
        .stop_after
        .map_or(epochs, |count| epochs.min(state.history.len() + count));
    for epoch in state.history.len()..last {
        let started = std::time::Instant::now();
        let loss = run_epoch(objective, &mut state, experiment, epoch, device)?;
        let seconds = started.elapsed().as_secs_f64();

        let product = kept(objective, &state);
        let validation = objective.validate(&product, &device.clone().inner())?;
        let summary = EpochSummary {
            epoch: epoch + 1,
            loss,
            validation,
            seconds,
        };
        println!(
            "{}: epoch {}/{epochs}  loss {loss:.5}  validation {validation:.4}  {seconds:.0} s",
            experiment.name, summary.epoch
        );
        state.history.push(summary);
        save_checkpoint(objective, &state, product, run_dir)?;
    }
    Ok(kept(objective, &state))
}

/// The product with averaged weights, off the tape.
fn kept<O: Objective>(objective: &O, state: &State<O::Net>) -> O::Product {
    objective.product(state.average.apply(state.net.valid()))
}

/// One pass over the training examples; returns the mean loss.
fn run_epoch<O: Objective>(
    objective: &O,
    state: &mut State<O::Net>,
    experiment: &Experiment,
    epoch: usize,
    device: &Device,
) -> Result<f64> {
    let Training {
        epochs,
        batch_size,
        learning_rate: peak,
        warmup_steps,
        ..
    } = experiment.training;
    let steps = objective.examples() / batch_size;
    let mut rng = ChaCha8Rng::seed_from_u64(experiment.seed);
    rng.set_stream(epoch as u64 + 1);
    device.seed(experiment.seed.wrapping_add(epoch as u64));
    let mut order: Vec<usize> = (0..objective.examples()).collect();
    order.shuffle(&mut rng);

    let bar = ProgressBar::new(steps as u64).with_style(
        ProgressStyle::with_template("{prefix} [{bar:30}] {pos}/{len} loss {msg} {eta} left")
            .context("progress template")?
            .progress_chars("=> "),
    );
    bar.set_prefix(format!("epoch {}/{epochs}", epoch + 1));

    let mut total = 0.0;
    std::thread::scope(|scope| -> Result<()> {
        let (sender, receiver) = sync_channel::<Result<O::Batch>>(2);
        scope.spawn(move || {
            for indices in order.chunks_exact(batch_size) {
                if sender.send(objective.batch(indices, &mut rng)).is_err() {
                    return; // The training side stopped early and no longer listens.
                }
            }
        });
        for (step, batch) in receiver.into_iter().enumerate() {
            let Step { loss, gradients } = objective.step(&state.net, batch?, device)?;
            if !loss.is_finite() {
                bail!(
                    "the loss is {loss} at step {step} of epoch {}: lower the learning rate",
                    epoch + 1
                );
            }
            total += loss;
            let rate = learning_rate(peak, epoch * steps + step, epochs * steps, warmup_steps);
            state.net = state.optimizer.step(rate, state.net.clone(), gradients);
            state.average.update(&state.net);
            bar.inc(1);
            bar.set_message(format!("{:.4}", total / (step + 1) as f64));
        }
        Ok(())
    })?;
    bar.finish_and_clear();
    Ok(total / steps as f64)
}

/// Writes beside the old files first and renames then, so that a stop in between leaves a whole checkpoint.
fn save_checkpoint<O: Objective>(
    objective: &O,
    state: &State<O::Net>,
    product: O::Product,
    run_dir: &Path,
) -> Result<()> {
    let fresh = run_dir.join("new");
    std::fs::create_dir_all(&fresh)?;
    let net = state.net.valid();
    let average = state.average.apply(net.clone());
    product
        .into_record()
        .save(fresh.join(MODEL_FILE))
        .context("cannot save the model")?;
    average
        .into_record()
        .save(fresh.join(AVERAGE_FILE))
        .context("cannot save the averaged weights")?;
    net.into_record()
        .save(fresh.join(NET_FILE))
        .context("cannot save the weights")?;
    state
        .optimizer
        .save(fresh.join(OPTIMIZER_FILE))
        .context("cannot save the optimizer")?;
    objective.save_state(&fresh)?;
    let history = serde_json::to_string_pretty(&state.history)?;
    std::fs::write(fresh.join(HISTORY_FILE), history)?;
    for entry in std::fs::read_dir(&fresh)? {
        let entry = entry?;
        std::fs::rename(entry.path(), run_dir.join(entry.file_name()))
            .context("cannot finish the checkpoint")?;
    }
    Ok(())
}

fn load_checkpoint<O: Objective>(
    objective: &O,
    state: State<O::Net>,
    averaging: f64,
    steps_per_epoch: usize,
    run_dir: &Path,
) -> Result<State<O::Net>> {
    if !run_dir.join(HISTORY_FILE).exists() {
        println!(
            "nothing to resume in {}: starting afresh",
            run_dir.display()
        );
        return Ok(state);
    }
    let history = read_history(run_dir)?;
    let mean = load_record(state.net.clone(), &run_dir.join(AVERAGE_FILE))?;
    let average = WeightAverage::new(&mean, averaging, history.len() * steps_per_epoch);
    drop(mean);
    let net = load_record(state.net, &run_dir.join(NET_FILE))?;
    let optimizer = state
        .optimizer
        .load(run_dir.join(OPTIMIZER_FILE))
        .context("cannot load the optimizer")?;
    objective.load_state(run_dir)?;
    println!("resuming after epoch {}", history.len());
    Ok(State {
        net,
        average,
        optimizer,
        history,
    })
}

/// Loads what a run kept into a freshly built network.
pub fn load_model<M: Module>(net: M, run_dir: &Path) -> Result<M> {
    load_record(net, &run_dir.join(MODEL_FILE))
}

fn load_record<M: Module>(net: M, path: &Path) -> Result<M> {
    let record =
        ModuleRecord::load(path).with_context(|| format!("cannot read {}", path.display()))?;
    net.try_load_record(record)
        .with_context(|| format!("{} does not fit the configuration", path.display()))
}

/// The epochs of a run.
pub fn read_history(run_dir: &Path) -> Result<Vec<EpochSummary>> {
    let path = run_dir.join(HISTORY_FILE);
    let text = std::fs::read_to_string(&path)
        .with_context(|| format!("cannot read {}", path.display()))?;
    serde_json::from_str(&text).with_context(|| format!("{} is damaged", path.display()))
}
