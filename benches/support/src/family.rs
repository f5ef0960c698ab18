//! The family of a processor: what its makers built once and sold under many names. Records are kept by family.

/// A family of processors.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Family {
    /// `Zen 5`, as people call it; of an unknown one the processor's name for itself.
    pub name: String,
    /// Of its records: `zen-5`.
    pub folder: String,
}

/// AMD's: the number of the family, the first and the last of the models, the name. Source: Linux,
/// `arch/x86/kernel/cpu/amd.c`, `bsp_init_amd`.
const AMD: &[(u32, u32, u32, &str)] = &[
    (0x17, 0x00, 0x2f, "Zen"),
    (0x17, 0x30, 0x4f, "Zen 2"),
    (0x17, 0x50, 0x5f, "Zen"),
    (0x17, 0x60, 0x7f, "Zen 2"),
    (0x17, 0x90, 0x91, "Zen 2"),
    (0x17, 0xa0, 0xaf, "Zen 2"),
    (0x19, 0x00, 0x0f, "Zen 3"),
    (0x19, 0x10, 0x1f, "Zen 4"),
    (0x19, 0x20, 0x5f, "Zen 3"),
    (0x19, 0x60, 0xaf, "Zen 4"),
    (0x1a, 0x00, 0x2f, "Zen 5"),
    (0x1a, 0x40, 0x4f, "Zen 5"),
    (0x1a, 0x60, 0x7f, "Zen 5"),
];

/// Intel's family 6 by model. Source: Linux, `arch/x86/include/asm/intel-family.h`. Skylake's servers, Cascade Lake and Cooper
/// Lake have one model.
const INTEL: &[(&[u32], &str)] = &[
    (&[0x3c, 0x3f, 0x45, 0x46], "Haswell"),
    (&[0x3d, 0x47, 0x4f, 0x56], "Broadwell"),
    (&[0x4e, 0x5e, 0x8e, 0x9e, 0xa5, 0xa6], "Skylake"),
    (&[0x55], "Cascade Lake"),
    (&[0x6a, 0x6c, 0x7d, 0x7e], "Ice Lake"),
    (&[0x8c, 0x8d], "Tiger Lake"),
    (&[0xa7], "Rocket Lake"),
    (&[0x97, 0x9a], "Alder Lake"),
    (&[0xb7, 0xba, 0xbf], "Raptor Lake"),
    (&[0xaa, 0xac], "Meteor Lake"),
    (&[0x8f], "Sapphire Rapids"),
    (&[0xcf], "Emerald Rapids"),
    (&[0xad, 0xae], "Granite Rapids"),
];

impl Family {
    /// Of a processor as a record names it: `AMD EPYC (family 26, model 2)`.
    pub fn of(cpu: &str) -> Family {
        let name = known(cpu).unwrap_or(cpu);
        let folder = name.to_lowercase().replace(|c: char| !c.is_ascii_alphanumeric(), "-");
        let folder: Vec<&str> = folder.split('-').filter(|part| !part.is_empty()).collect();
        Family { name: name.to_owned(), folder: folder.join("-") }
    }
}

fn known(cpu: &str) -> Option<&'static str> {
    let (maker, numbers) = cpu.rsplit_once("(family ")?;
    let (family, model) = numbers.strip_suffix(')')?.split_once(", model ")?;
    let (family, model): (u32, u32) = (family.parse().ok()?, model.parse().ok()?);
    if maker.contains("AMD") {
        let here =
            |&&(number, first, last, _): &&(u32, u32, u32, &str)| number == family && (first..=last).contains(&model);
        return AMD.iter().find(here).map(|&(.., name)| name);
    }
    let intel = maker.contains("Intel") && family == 6;
    INTEL.iter().find(|(models, _)| intel && models.contains(&model)).map(|&(_, name)| name)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_known_processor_has_its_familys_name() {
        let family = |cpu| Family::of(cpu).name;
        assert_eq!(family("AMD EPYC (family 26, model 2)"), "Zen 5");
        assert_eq!(family("AMD EPYC-Milan Processor (family 25, model 1)"), "Zen 3");
        assert_eq!(family("AMD Ryzen 9 7950X (family 25, model 97)"), "Zen 4");
        assert_eq!(family("Intel(R) Xeon(R) Processor (family 6, model 207)"), "Emerald Rapids");
        assert_eq!(family("Intel(R) Xeon(R) CPU @ 2.50GHz (family 6, model 85)"), "Cascade Lake");
    }

    #[test]
    fn an_unknown_one_keeps_its_own_name() {
        let cpu = "Intel(R) Xeon(R) Processor (family 7, model 207)";
        let folder = "intel-r-xeon-r-processor-family-7-model-207".to_owned();
        assert_eq!(Family::of(cpu), Family { name: cpu.to_owned(), folder });
        assert_eq!(Family::of("aarch64").folder, "aarch64");
    }

    #[test]
    fn no_model_is_of_two_families() {
        for (at, (number, first, last, name)) in AMD.iter().enumerate() {
            assert!(first <= last, "{name}");
            let apart = |other: &(u32, u32, u32, &str)| other.0 != *number || other.1 > *last || other.2 < *first;
            assert!(AMD[at + 1..].iter().all(apart), "{name}");
        }
        let mut models: Vec<u32> = INTEL.iter().flat_map(|(models, _)| models.iter().copied()).collect();
        let count = models.len();
        models.sort_unstable();
        models.dedup();
        assert_eq!(models.len(), count);
    }
}
