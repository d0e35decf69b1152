#![no_main]

use libfuzzer_sys::{fuzz_mutator, fuzz_target, fuzzer_mutate};

fuzz_target!(|octets: &[u8]| prober::fuzzing::crl(octets));
fuzz_mutator!(|data: &mut [u8], size: usize, max_size: usize, seed: u32| {
    fuzz::der::mutate(&mut data[..max_size], size, seed, fuzzer_mutate)
});
