// SPDX-License-Identifier: Apache-2.0
package io.zkflink.quickstart;

import java.time.Duration;
import java.util.Optional;

/**
 * Knows how long something has run and for how long nothing was heard of it, and says so once in a while. Starts when
 * it is made; belongs to one thread.
 */
final class Progress {

    private static final Duration QUIET = Duration.ofSeconds(5);

    private final Console console;
    private final String awaited;
    private final Optional<Duration> limit;
    private final long start = System.nanoTime();
    private Duration lastSign = Duration.ZERO;

    /** Without a limit it is over when it ends by itself. */
    Progress(Console console, String awaited, Optional<Duration> limit) {
        this.console = console;
        this.awaited = awaited;
        this.limit = limit;
    }

    boolean isOver() {
        return limit.isPresent() && elapsed().compareTo(limit.get()) >= 0;
    }

    /** How long to wait before there is something to say or to end. */
    Duration timeout() {
        Duration now = elapsed();
        Duration untilTelling = lastSign.plus(QUIET).minus(now);
        Duration untilEnd = limit.map(end -> end.minus(now)).orElse(untilTelling);
        Duration sooner = untilTelling.compareTo(untilEnd) < 0 ? untilTelling : untilEnd;
        return sooner.isNegative() ? Duration.ZERO : sooner;
    }

    void heard() {
        lastSign = elapsed();
    }

    /** Says that nothing came, if nothing came for long enough. */
    void waited() {
        Duration now = elapsed();
        if (now.minus(lastSign).compareTo(QUIET) >= 0 && !isOver()) {
            lastSign = now;
            String ofAll = limit.map(end -> " of " + end.toSeconds() + " s").orElse("");
            console.note("... waiting for " + awaited + " (" + now.toSeconds() + " s" + ofAll + ")");
        }
    }

    private Duration elapsed() {
        return Duration.ofNanos(System.nanoTime() - start);
    }
}
