use super::Codec;

fn check(name: &str, vs: &[f64]) {
    let mut codec = Codec::default();
    for level in [0, 6, 8] {
        let mut bytes = vec![];
        codec.encode(vs, level, &mut bytes);
        let mut back = vec![];
        codec.decode(&bytes, vs.len(), &mut back).expect(name);
        let same = |a: &f64, b: &f64| a.to_bits() == b.to_bits();
        assert!(
            vs.len() == back.len() && vs.iter().zip(&back).all(|(a, b)| same(a, b)),
            "{name} level {level}"
        );
        for cut in 0..bytes.len().min(200) {
            let _ = codec.decode(&bytes[..cut], vs.len(), &mut vec![]); // must not panic
        }
    }
}

fn rng(seed: &mut u64) -> u64 {
    *seed ^= *seed << 13;
    *seed ^= *seed >> 7;
    *seed ^= *seed << 17;
    *seed
}

#[test]
fn every_bit_comes_back() {
    let mut s = 88172645463325252u64;
    let n = 720;
    let odd = [
        f64::from_bits(0x7ff0000000000002),
        f64::from_bits(0x7ff8000000000001),
        f64::from_bits(0xfff8dead_beef0001),
        -0.0,
        0.0,
        f64::INFINITY,
        f64::NEG_INFINITY,
        f64::MIN_POSITIVE,
        5e-324,
        f64::MAX,
        f64::MIN,
        9007199254740993.0,
        -9007199254740992.0,
        1e300,
        0.1 + 0.2,
    ];
    check("one value", &[1.5]);
    check("two values", &[1.5, -0.0]);
    check("odd values", &odd);
    check("constant", &vec![42.5; n]);
    check("constant NaN", &vec![f64::NAN; n]);
    check(
        "steady counter",
        &(0..n).map(|i| i as f64 * 17.0).collect::<Vec<_>>(),
    );
    check(
        "steady decimal",
        &(0..n).map(|i| (i * 3) as f64 / 100.0).collect::<Vec<_>>(),
    );
    check(
        "0/1 flapping",
        &(0..n).map(|_| (rng(&mut s) % 2) as f64).collect::<Vec<_>>(),
    );
    check(
        "up 1, 1 % down",
        &(0..n)
            .map(|_| !rng(&mut s).is_multiple_of(100) as u8 as f64)
            .collect::<Vec<_>>(),
    );
    check(
        "latency ms, 3 decimals",
        &(0..n)
            .map(|_| (rng(&mut s) % 20_000) as f64 / 1000.0)
            .collect::<Vec<_>>(),
    );
    check(
        "seconds, 6 decimals",
        &(0..n)
            .map(|_| (rng(&mut s) % 200_000) as f64 / 1e6)
            .collect::<Vec<_>>(),
    );
    check(
        "rarely changing float",
        &(0..n).map(|i| ((i / 90) as f64).sin()).collect::<Vec<_>>(),
    );
    check(
        "white noise float",
        &(0..n)
            .map(|_| rng(&mut s) as f64 / 1e18)
            .collect::<Vec<_>>(),
    );
    check(
        "random bits",
        &(0..n)
            .map(|_| f64::from_bits(rng(&mut s)))
            .collect::<Vec<_>>(),
    );
    let mut stale: Vec<f64> = (0..n).map(|i| (i * 7 % 300) as f64 / 100.0).collect();
    stale[100..140].fill(odd[0]);
    stale[200] = -0.0;
    check("decimals with a stale gap", &stale);
    for round in 0..3000 {
        let len = 1 + (rng(&mut s) % 300) as usize;
        let scale = [1.0, 10.0, 1e3, 1e9][(rng(&mut s) % 4) as usize];
        let vs: Vec<f64> = (0..len)
            .map(|i| match (round % 3, rng(&mut s) % 40) {
                (_, 0) => odd[(rng(&mut s) % odd.len() as u64) as usize],
                (0, r) => (i as f64 * 5.0 + r as f64) / scale,
                (1, r) => (r as f64).sin() * scale,
                _ => rng(&mut s) as i64 as f64 / scale,
            })
            .collect();
        let mut codec = Codec::default();
        let (mut bytes, mut back) = (vec![], vec![]);
        codec.encode(&vs, (round % 9) as usize, &mut bytes);
        codec.decode(&bytes, len, &mut back).unwrap();
        assert!(
            vs.iter()
                .zip(&back)
                .all(|(a, b)| a.to_bits() == b.to_bits()),
            "round {round}"
        );
        let at = rng(&mut s) as usize % bytes.len(); // damage must not panic either (CRC would catch it first)
        bytes[at] ^= 1 << (rng(&mut s) % 8);
        let _ = codec.decode(&bytes, len, &mut vec![]);
    }
}
