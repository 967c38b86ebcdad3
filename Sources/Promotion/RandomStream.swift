import Foundation

/// The random numbers of one resample: xoshiro256++ (Blackman & Vigna 2021), seeded by SplitMix64 from (seed, index).
///
/// Resample k depends only on (seed, k), so resamples may be drawn in any order on any number of cores.
struct RandomStream {
    private var s0, s1, s2, s3: UInt64

    init(seed: UInt64, index: Int) {
        var seeds = SplitMix64(state: seed)
        // Mixed twice, so that neighbouring streams do not start from successive values of one SplitMix64 sequence.
        var mixed = SplitMix64(state: seeds.next() ^ UInt64(truncatingIfNeeded: index))
        var words = SplitMix64(state: mixed.next())
        (s0, s1, s2, s3) = (words.next(), words.next(), words.next(), words.next())
    }

    @inline(__always)
    mutating func next() -> UInt64 {
        let result = rotated(s0 &+ s3, by: 23) &+ s0
        let shifted = s1 << 17
        s2 ^= s0
        s3 ^= s1
        s1 ^= s2
        s0 ^= s3
        s2 ^= shifted
        s3 = rotated(s3, by: 45)
        return result
    }
}

@inline(__always)
private func rotated(_ word: UInt64, by bits: UInt64) -> UInt64 {
    word << bits | word >> (64 - bits)
}

/// SplitMix64 (Steele, Lea & Flood 2014), in Vigna's public-domain form.
struct SplitMix64 {
    var state: UInt64

    mutating func next() -> UInt64 {
        state &+= 0x9E37_79B9_7F4A_7C15
        var word = state
        word = (word ^ word >> 30) &* 0xBF58_476D_1CE4_E5B9
        word = (word ^ word >> 27) &* 0x94D0_49BB_1331_11EB
        return word ^ word >> 31
    }
}
