extension Rule {
    /// The first due instant after `instant`, as ``DaylightSaving/wallOnce`` says.
    ///
    /// A rule that names hours is due at the instant at which the clock *first shows a matching time or a later one*.
    /// That gives "exactly once" in both cases: after a gap the clock shows a later time, and in a repeated hour the
    /// time has been shown before.
    func nextOnWall(after instant: Int, clock: ZoneClock) -> Int? {
        if isRegular { return nextShowing(from: instant + 1, clock: clock) }
        return next(from: Self.reached(before: instant + 1, clock: clock)).map(clock.firstInstant(reaching:))
    }

    /// The last due instant not after `instant`, as ``DaylightSaving/wallOnce`` says.
    func previousOnWall(through instant: Int, clock: ZoneClock) -> Int? {
        if isRegular { return previousShowing(through: instant, clock: clock) }
        return previous(through: Self.reached(before: instant + 1, clock: clock) - 1)
            .map(clock.firstInstant(reaching:))
    }

    /// The wall time up to which the clock has shown or skipped everything before `instant`.
    private static func reached(before instant: Int, clock: ZoneClock) -> Int {
        let span = clock.span(at: instant)
        let earlier = clock.reached[span]
        return instant > clock.starts[span] ? max(earlier, instant + clock.offsets[span]) : earlier
    }

    /// The first instant at or after `start` at which the clock shows a matching time.
    private func nextShowing(from start: Int, clock: ZoneClock) -> Int? {
        var span = clock.span(at: start)
        var from = start
        while true {
            guard let wall = next(from: from + clock.offsets[span]) else { return nil }
            let due = wall - clock.offsets[span]
            if due < clock.end(of: span) { return due }
            span += 1
            from = clock.starts[span]
        }
    }

    /// The last instant at or before `end` at which the clock shows a matching time.
    private func previousShowing(through end: Int, clock: ZoneClock) -> Int? {
        var span = clock.span(at: end)
        var through = end
        while let wall = previous(through: through + clock.offsets[span]) {
            let due = wall - clock.offsets[span]
            if due >= clock.starts[span] { return due }
            span -= 1
            through = clock.end(of: span) - 1
        }
        return nil
    }
}
