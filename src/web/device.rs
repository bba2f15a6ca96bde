//! Opening the compute device of this build.

use burn::prelude::Device;

use crate::error::{Error, Result};

/// The device called `name`, where this build has it.
///
/// # Errors
/// [`Error::DeviceLost`] for a device that this build lacks or the browser refuses.
pub(super) async fn open(name: &str) -> Result<(Device, &'static str)> {
    match name {
        #[cfg(feature = "cpu")]
        "cpu" => Ok((Device::flex(), "cpu")),
        #[cfg(feature = "webgpu")]
        "webgpu" => Ok((open_webgpu().await?, "webgpu")),
        other => Err(Error::DeviceLost {
            message: format!("this build has no device called {other}"),
        }),
    }
}

/// The browser's own adapter through burn-wgpu. Never falls back to another graphics API: the page
/// falls back to its CPU build instead, and says so.
#[cfg(feature = "webgpu")]
async fn open_webgpu() -> Result<Device> {
    Device::wgpu_options()
        .graphics_api(burn_wgpu::WgpuBackend::WebGpu)
        .init_async()
        .await
        .map_err(|error| Error::DeviceLost {
            message: format!("WebGPU could not be started: {error}"),
        })
}
