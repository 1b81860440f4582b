// SPDX-License-Identifier: Apache-2.0
package io.zkflink.cluster;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.LocalTime;
import java.time.ZoneId;
import java.time.temporal.ChronoUnit;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Tells what happened, in the log and in a file, and at the end how often and how long. For one thread. */
final class ChaosReport {

    private static final Logger LOG = LoggerFactory.getLogger(ChaosReport.class);

    private final Path file;
    private final List<String> lines = new ArrayList<>();
    private final Map<String, List<Duration>> recoveries = new TreeMap<>();
    private final Map<String, Integer> faults = new TreeMap<>();

    ChaosReport(Path file) {
        this.file = file;
    }

    void line(String line) {
        lines.add(LocalTime.now(ZoneId.systemDefault()).truncatedTo(ChronoUnit.SECONDS) + " " + line);
        LOG.info(line);
        try {
            Files.write(file, lines);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    void fault(String kind) {
        faults.merge(kind, 1, Integer::sum);
    }

    /** How long it took from the end of a fault until all jobs ran and a change went through each. */
    void recovered(String fault, Duration duration) {
        recoveries.computeIfAbsent(fault, key -> new ArrayList<>()).add(duration);
        line("%s: results again after %.1f s".formatted(fault, seconds(duration)));
    }

    void summary() {
        line("Faults, alone or two at a time: " + faults);
        line("%-28s %5s %8s %8s".formatted("fault", "times", "p50 s", "max s"));
        recoveries.forEach((fault, durations) -> {
            List<Duration> sorted = durations.stream().sorted().toList();
            line("%-28s %5d %8.1f %8.1f"
                    .formatted(
                            fault,
                            sorted.size(),
                            seconds(sorted.get(sorted.size() / 2)),
                            seconds(sorted.get(sorted.size() - 1))));
        });
    }

    private static double seconds(Duration duration) {
        return duration.toMillis() / 1_000.0;
    }
}
