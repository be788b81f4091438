//! Facts of a Mac for the report: GPU family, OS, math mode.

use objc2_foundation::NSProcessInfo;
use objc2_metal::{MTLDevice, MTLGPUFamily};

use super::{Metal, pipeline};
use crate::report::System;

/// Newest first: a device has the features of all older families of its line.
const APPLE: [(MTLGPUFamily, &str); 10] = [
    (MTLGPUFamily::Apple10, "Apple10"),
    (MTLGPUFamily::Apple9, "Apple9"),
    (MTLGPUFamily::Apple8, "Apple8"),
    (MTLGPUFamily::Apple7, "Apple7"),
    (MTLGPUFamily::Apple6, "Apple6"),
    (MTLGPUFamily::Apple5, "Apple5"),
    (MTLGPUFamily::Apple4, "Apple4"),
    (MTLGPUFamily::Apple3, "Apple3"),
    (MTLGPUFamily::Apple2, "Apple2"),
    (MTLGPUFamily::Apple1, "Apple1"),
];
/// Macs with a GPU that is not Apple's.
const MAC: [(MTLGPUFamily, &str); 1] = [(MTLGPUFamily::Mac2, "Mac2")];
const METAL: [(MTLGPUFamily, &str); 2] = [(MTLGPUFamily::Metal4, "Metal4"), (MTLGPUFamily::Metal3, "Metal3")];

impl Metal {
    /// What the results of this device depend on. Whether validation is on is not seen from here.
    pub fn facts(&self) -> System {
        let newest = |line: &[(MTLGPUFamily, &'static str)]| {
            let found = line.iter().find(|(family, _)| self.device.supportsFamily(*family));
            found.map(|(_, name)| (*name).to_owned())
        };
        System {
            gpu_families: [newest(&APPLE), newest(&MAC), newest(&METAL)].into_iter().flatten().collect(),
            os: self.adapter.driver.clone(),
            math_mode: pipeline::math_mode().to_owned(),
        }
    }
}

/// Such as `macOS Version 15.3 (Build 24D60)`.
pub fn system_version() -> String {
    format!("macOS {}", NSProcessInfo::processInfo().operatingSystemVersionString())
}
