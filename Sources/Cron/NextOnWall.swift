extension Rule {
    /// The first due instant after `instant`, as ``DaylightSaving/wallOnce`` says.
    ///
    /// A rule that names hours is due at the instant at which the clock *first shows a matching time or a later one*.
    /// That one sentence is both halves of "exactly once": after a gap the clock shows a later time, and in a
    /// repetition the time has been shown before.
    func nextOnWall(after instant: Int, clock: ZoneClock) -> Int? {
        var from = isRegular ? instant + 1 : Self.afterRepetition(instant + 1, clock: clock)
        while true {
            let offset = clock.offset(at: from)
            guard let wall = next(from: from + offset) else { return nil }
            let due = wall - offset
            let horizon = min(due, from + ZoneClock.window)
            guard let move = clock.move(after: from, before: offset, through: horizon) else {
                if due == horizon { return due }
                // Nothing matches before `wall`, and no offset brings that nearer than a window.
                from = due - ZoneClock.window
                continue
            }
            if due < move.instant { return due }
            if isRegular {
                from = move.instant
            } else if wall < move.instant + move.after {
                return move.instant
            } else {
                from = move.instant + max(0, move.before - move.after)
            }
        }
    }

    /// `instant`, or the end of the repetition of wall times in which it lies.
    private static func afterRepetition(_ instant: Int, clock: ZoneClock) -> Int {
        let (earlier, now) = (clock.offset(at: instant - ZoneClock.window), clock.offset(at: instant))
        guard earlier > now,
            let move = clock.move(after: instant - ZoneClock.window, before: earlier, through: instant)
        else { return instant }
        return max(instant, move.instant + move.before - move.after)
    }
}
