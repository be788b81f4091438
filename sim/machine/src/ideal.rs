//! A machine to begin from where a kernel brings its own: nothing but moving bytes takes time.

use crate::quantity::{Bytes, Clock, Cycles, Span};
use crate::rate::Rate;
use crate::spec::{
    Clocks, Collectives, GemmSpec, Grid, HbmPlacement, HbmSpec, IpcqSpec, LinkSpec, LinkSpecs, MachineSpec,
    MathSpec, NocSpec, PeSpec, Sync, Topology,
};

impl MachineSpec {
    /// One clock of 1 GHz; ports, links, TCM and HBM of `width` bytes a cycle; a mesh; no latency, setup or issue. A
    /// multiply-add and an element of the math unit take a cycle. HBM of one burst of 64 bytes a PE.
    pub fn ideal(name: &str, grid: Grid, width: Rate) -> MachineSpec {
        let clock = Clock { period: Span::from_fs(1_000_000) };
        let (none, one) = (Cycles(0), Cycles(1));
        let link = LinkSpec { bytes_per_cycle: width, hop_cycles: none, topology: Topology::Mesh };
        MachineSpec {
            name: name.to_owned(),
            sync: Sync::Interlocked,
            clock: Clocks { pe_fs: clock, noc_fs: clock, hbm_fs: clock },
            grid,
            pe: PeSpec {
                tcm_bytes: Bytes(1 << 20),
                tcm_bytes_per_cycle: width,
                tcm_shared_bytes_per_cycle: None,
                dma_channels: 1,
                fifo_depth: 16,
                issue_cycles: none,
                dma_setup_cycles: none,
            },
            gemm: GemmSpec::Rate { macs_per_cycle: Rate::whole(1) },
            math: MathSpec {
                lanes: 1,
                lanes_16_bit: None,
                lanes_8_bit: None,
                start_cycles: none,
                simple_cycles: one,
                divide_cycles: one,
                exp_cycles: one,
                reduce_cycles: one,
                functions: None,
            },
            ipcq: IpcqSpec { send_cycles: none, recv_cycles: none, release_cycles: none },
            noc: NocSpec {
                packet_bytes: Bytes(4096),
                inject_cycles: none,
                eject_cycles: none,
                port_bytes_per_cycle: width,
                collectives: Collectives::Software,
                reduce_cycles: none,
                transaction: None,
                networks: None,
                flits: None,
            },
            link: LinkSpecs { pe: link, cube: link, sip: link },
            hbm: HbmSpec {
                bytes_per_pe: Bytes(64),
                channels_per_pe: 1,
                bytes_per_cycle: width,
                efficiency: Rate::whole(1),
                write_efficiency: None,
                turnaround_cycles: None,
                latency_cycles: none,
                burst_bytes: Bytes(64),
                placement: HbmPlacement::PerPe,
                controllers: None,
            },
            sram: None,
            queue: None,
        }
    }
}
