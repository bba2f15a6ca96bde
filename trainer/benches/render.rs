//! Speed of the renderer on one core: `cargo bench -p inkbeat-trainer --bench render`.
//!
//! `canvas/sampled` is what training draws: random pages with all their errors, JPEG included, at
//! 3 px/mm. Its mean is over [`PAGES`] pages, because pages differ in cost.

#![expect(missing_docs, reason = "the macro makes an undocumented function")]

use std::hint::black_box;

use criterion::{Criterion, Throughput, criterion_group, criterion_main};
use inkbeat_trainer::data::synthetic;
use inkbeat_trainer::render::{Jpeg, PageStyle, Residual, render_canvas, render_page};
use rand::SeedableRng;
use rand_chacha::ChaCha8Rng;

/// Random pages per iteration.
const PAGES: u64 = 64;
const SAMPLE_RATE_HZ: f64 = 500.0;

fn canvases(criterion: &mut Criterion) {
    let recording = synthetic::generate(1, SAMPLE_RATE_HZ).recording;
    let mut group = criterion.benchmark_group("canvas");
    group
        .sample_size(10)
        .throughput(Throughput::Elements(PAGES));
    group.bench_function("sampled", |bencher| {
        bencher.iter(|| {
            for seed in 0..PAGES {
                let mut rng = ChaCha8Rng::seed_from_u64(seed);
                let style = PageStyle::sample(&mut rng);
                let residual = Residual::sample(&mut rng);
                black_box(render_canvas(&recording, &style, &residual, &mut rng));
            }
        });
    });
    group.throughput(Throughput::Elements(1));
    let style = PageStyle::standard();
    let jpeg = Jpeg {
        quality: 70,
        halved_colour: true,
        offset_px: [3, 5],
    };
    let residuals = [
        ("clean", Residual::none()),
        (
            "with JPEG",
            Residual {
                jpegs: vec![jpeg],
                ..Residual::none()
            },
        ),
        (
            "with blur and noise",
            Residual {
                blur_mm: [0.3; 2],
                noise: 0.02,
                ..Residual::none()
            },
        ),
    ];
    for (name, residual) in residuals {
        group.bench_function(name, |bencher| {
            let mut rng = ChaCha8Rng::seed_from_u64(1);
            bencher.iter(|| black_box(render_canvas(&recording, &style, &residual, &mut rng)));
        });
    }
    group.finish();
}

fn pages(criterion: &mut Criterion) {
    let recording = synthetic::generate(1, SAMPLE_RATE_HZ).recording;
    let mut group = criterion.benchmark_group("page");
    group.sample_size(10).throughput(Throughput::Elements(1));
    for pixels_per_mm in [3.0, 6.0, 10.0] {
        group.bench_function(format!("{pixels_per_mm} px per mm"), |bencher| {
            let style = PageStyle::standard();
            bencher.iter(|| black_box(render_page(&recording, &style, pixels_per_mm)));
        });
    }
    group.finish();
}

criterion_group!(benches, canvases, pages);
criterion_main!(benches);
