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

use crate::config::{Experiment, Training};
use crate::schedule::learning_rate;

/// What the loop needs to know of a network's data and loss.
pub trait Objective: Sync {
    /// The trained network.
    type Net: Module;
    /// One batch in plain memory, made on another thread than the one that trains.
    type Batch: Send;

    /// Training examples per epoch.
    fn examples(&self) -> usize;
    /// Gathers and augments the examples at `indices`.
    fn batch(&self, indices: &[usize], rng: &mut ChaCha8Rng) -> Result<Self::Batch>;
    /// The loss `[1]` of a batch.
    fn loss(&self, net: &Self::Net, batch: Self::Batch, device: &Device) -> Tensor<1>;
    /// A score on the validation fold; higher is better.
    fn validate(&self, net: &Self::Net, device: &Device) -> Result<f64>;
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

const MODEL_FILE: &str = "model.bpk";
const OPTIMIZER_FILE: &str = "optimizer.bpk";
const HISTORY_FILE: &str = "history.json";

/// Trains `net` and leaves the run in `run_dir`: `model.bpk`, `optimizer.bpk`, `history.json`, `experiment.toml`.
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
) -> Result<O::Net> {
    let Training {
        epochs,
        batch_size,
        weight_decay,
        ..
    } = experiment.training;
    std::fs::create_dir_all(run_dir)
        .with_context(|| format!("cannot create {}", run_dir.display()))?;
    std::fs::write(
        run_dir.join("experiment.toml"),
        toml::to_string_pretty(experiment)?,
    )?;

    let optimizer = AdamWConfig::new().with_weight_decay(weight_decay).init();
    let (mut net, mut optimizer, mut history) = if limits.resume {
        load_checkpoint(net, optimizer, run_dir)?
    } else {
        (net, optimizer, Vec::new())
    };

    let steps_per_epoch = objective.examples() / batch_size;
    if steps_per_epoch == 0 {
        bail!(
            "{} training examples do not fill one batch of {batch_size}",
            objective.examples()
        );
    }
    let last = limits
        .stop_after
        .map_or(epochs, |count| epochs.min(history.len() + count));
    for epoch in history.len()..last {
        let started = std::time::Instant::now();
        let (trained, trained_optimizer, loss) =
            run_epoch(objective, net, optimizer, experiment, epoch, device)?;
        (net, optimizer) = (trained, trained_optimizer);
        let seconds = started.elapsed().as_secs_f64();

        let validation = objective.validate(&net.valid(), &device.clone().inner())?;
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
        history.push(summary);
        save_checkpoint(&net, &optimizer, &history, run_dir)?;
    }
    Ok(net)
}

/// One pass over the training examples; returns the mean loss.
fn run_epoch<O: Objective>(
    objective: &O,
    mut net: O::Net,
    mut optimizer: ModuleOptimizer,
    experiment: &Experiment,
    epoch: usize,
    device: &Device,
) -> Result<(O::Net, ModuleOptimizer, f64)> {
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
            let loss = objective.loss(&net, batch?, device);
            let value = f64::from(loss.clone().into_scalar::<f32>());
            if !value.is_finite() {
                bail!(
                    "the loss is {value} at step {step} of epoch {}: lower the learning rate",
                    epoch + 1
                );
            }
            total += value;
            let rate = learning_rate(peak, epoch * steps + step, epochs * steps, warmup_steps);
            let gradients = GradientsParams::from_grads(loss.backward(), &net);
            net = optimizer.step(rate, net.clone(), gradients);
            bar.inc(1);
            bar.set_message(format!("{:.4}", total / (step + 1) as f64));
        }
        Ok(())
    })?;
    bar.finish_and_clear();
    Ok((net, optimizer, total / steps as f64))
}

/// Writes beside the old files first and renames then, so that a stop in between leaves a whole checkpoint.
fn save_checkpoint<M: Module>(
    net: &M,
    optimizer: &ModuleOptimizer,
    history: &[EpochSummary],
    run_dir: &Path,
) -> Result<()> {
    let fresh = |name: &str| run_dir.join(format!("new-{name}"));
    net.valid()
        .into_record()
        .save(fresh(MODEL_FILE))
        .context("cannot save the model")?;
    optimizer
        .save(fresh(OPTIMIZER_FILE))
        .context("cannot save the optimizer")?;
    std::fs::write(fresh(HISTORY_FILE), serde_json::to_string_pretty(history)?)?;
    for name in [MODEL_FILE, OPTIMIZER_FILE, HISTORY_FILE] {
        std::fs::rename(fresh(name), run_dir.join(name)).context("cannot finish the checkpoint")?;
    }
    Ok(())
}

fn load_checkpoint<M: Module>(
    net: M,
    optimizer: ModuleOptimizer,
    run_dir: &Path,
) -> Result<(M, ModuleOptimizer, Vec<EpochSummary>)> {
    if !run_dir.join(HISTORY_FILE).exists() {
        println!(
            "nothing to resume in {}: starting afresh",
            run_dir.display()
        );
        return Ok((net, optimizer, Vec::new()));
    }
    let history = read_history(run_dir)?;
    let net = load_model(net, run_dir)?;
    let optimizer = optimizer
        .load(run_dir.join(OPTIMIZER_FILE))
        .context("cannot load the optimizer")?;
    println!("resuming after epoch {}", history.len());
    Ok((net, optimizer, history))
}

/// Loads a checkpoint's weights into a freshly built network.
pub fn load_model<M: Module>(net: M, run_dir: &Path) -> Result<M> {
    let path = run_dir.join(MODEL_FILE);
    let record =
        ModuleRecord::load(&path).with_context(|| format!("cannot read {}", path.display()))?;
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
