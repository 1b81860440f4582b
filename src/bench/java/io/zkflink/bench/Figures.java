// SPDX-License-Identifier: Apache-2.0
package io.zkflink.bench;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.stream.Collectors;

/**
 * What one benchmark measured: of every contender in every case a value per round. Kept as a file of tab-separated
 * lines for the {@link Report}, which may be of several runs.
 *
 * <p>For one thread.
 */
final class Figures {

    static final Path DIRECTORY = Path.of("target", "bench");
    static final String ROWS_PER_SECOND = "rows per second";
    static final String OWN_CPU = "processor time per row of Flink, contender and client (µs)";
    static final String SERVER_CPU = "processor time per row of the server (µs)";

    static final String TIMES_ONE_BY_ONE = "rows per second, as multiples of one request per row";

    static final String LOST = "znodes whose last version is never seen";

    static final String FUNCTION_TIME = "time of one call (ns)";
    static final String FUNCTION_GARBAGE = "garbage of one call (bytes)";

    /** What is said as it is, not as a multiple: of the limit it may be nothing. */
    static final Set<String> COSTS =
            Set.of(OWN_CPU, SERVER_CPU, TIMES_ONE_BY_ONE, LOST, FUNCTION_TIME, FUNCTION_GARBAGE);

    private static final String SUFFIX = ".tsv";
    private static final int CALIBRATION_BYTES = 64 * 1024 * 1024;

    private final String section;
    private final String limit;
    private final Map<Key, List<Double>> values = new LinkedHashMap<>();
    /** How fast the machine was before each round, in any unit. */
    private final List<Double> speeds = new ArrayList<>();

    /** What a series of values is of. */
    record Key(String measure, String contender, String at) {}

    /**
     * @param section the name of the part of the report
     * @param limit the contender that the others are compared with
     */
    Figures(String section, String limit) {
        this.section = section;
        this.limit = limit;
    }

    String section() {
        return section;
    }

    String limit() {
        return limit;
    }

    Map<Key, double[]> values() {
        Map<Key, double[]> result = new LinkedHashMap<>();
        values.forEach((key, list) ->
                result.put(key, list.stream().mapToDouble(Double::doubleValue).toArray()));
        return result;
    }

    /** The machine's speed in its slowest round as a share of that in its fastest one. */
    double steadiness() {
        return speeds.stream().mapToDouble(Double::doubleValue).min().orElse(1)
                / speeds.stream().mapToDouble(Double::doubleValue).max().orElse(1);
    }

    /** What is measured in each round. */
    interface Round {
        void run(boolean counts) throws Exception;
    }

    /** Runs the rounds, and before them one to warm up that does not count. */
    void rounds(Round round) throws Exception {
        round.run(false);
        for (int i = 0; i < Benchmarks.ROUNDS; i++) {
            beginRound();
            round.run(true);
        }
    }

    /** To be called before each round that counts. */
    void beginRound() throws Exception {
        byte[] bytes = new byte[CALIBRATION_BYTES];
        MessageDigest digest = digest();
        if (speeds.isEmpty()) {
            // Else the first round seems slow because this is not compiled yet.
            digest.update(bytes);
        }
        speeds.add(1 / Timing.seconds(() -> digest.update(bytes)));
    }

    /** Notes a value of this round, and prints it. */
    void note(String measure, String contender, String at, double value) {
        System.out.printf("%s, %s, %s: %,.4g %s%n", section, at, contender, value, measure);
        values.computeIfAbsent(new Key(measure, contender, at), any -> new ArrayList<>())
                .add(value);
    }

    /** Notes how fast rows went and what they cost. */
    void noteRows(String contender, String at, int rows, Timing.Usage usage) {
        note(ROWS_PER_SECOND, contender, at, rows / usage.seconds());
        note(OWN_CPU, contender, at, usage.ownSeconds() * 1e6 / rows);
        note(SERVER_CPU, contender, at, Math.max(0, usage.serverSeconds()) * 1e6 / rows);
    }

    void save() throws IOException {
        List<String> lines = new ArrayList<>();
        lines.add(limit);
        lines.add(join(speeds));
        values.forEach(
                (key, each) -> lines.add(String.join("\t", key.measure(), key.contender(), key.at(), join(each))));
        Files.createDirectories(DIRECTORY);
        Files.write(DIRECTORY.resolve(section + SUFFIX), lines);
    }

    /** Of this run or an earlier one; in the order of their names. */
    static List<Figures> load() throws IOException {
        List<Figures> result = new ArrayList<>();
        try (var files = Files.newDirectoryStream(DIRECTORY, "*" + SUFFIX)) {
            for (Path file : files) {
                List<String> lines = Files.readAllLines(file);
                String name = file.getFileName().toString();
                Figures figures = new Figures(name.substring(0, name.length() - SUFFIX.length()), lines.get(0));
                figures.speeds.addAll(split(lines.get(1)));
                for (String line : lines.subList(2, lines.size())) {
                    String[] parts = line.split("\t", -1);
                    figures.values.put(new Key(parts[0], parts[1], parts[2]), split(parts[3]));
                }
                result.add(figures);
            }
        }
        return result;
    }

    private static String join(List<Double> values) {
        return values.stream().map(String::valueOf).collect(Collectors.joining(","));
    }

    private static List<Double> split(String values) {
        return Arrays.stream(values.split(",", -1)).map(Double::valueOf).toList();
    }

    private static MessageDigest digest() {
        try {
            return MessageDigest.getInstance("SHA-256");
        } catch (NoSuchAlgorithmException e) {
            throw new IllegalStateException(e);
        }
    }
}
