// SPDX-License-Identifier: Apache-2.0
package io.zkflink.bench;

import java.lang.management.ManagementFactory;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

/**
 * Runs the benchmarks, each in a JVM of its own, and writes the report. Run by {@code mvn -Pbench verify}; what can be
 * chosen is said in docs/performance.md.
 */
public final class Benchmarks {

    private static final List<Class<?>> QUICK = List.of(
            SnapshotBenchmark.class,
            PastTreeBenchmark.class,
            ChangeStreamBenchmark.class,
            LookupBenchmark.class,
            SinkBenchmark.class,
            LockBenchmark.class,
            LogBenchmark.class,
            FunctionBenchmark.class);
    /** Take minutes: only when everything is measured, or when asked for by name. */
    private static final List<Class<?>> SLOW = List.of(GrowthBenchmark.class, ServersBenchmark.class);
    /** Takes a quarter of an hour: only when asked for by name. */
    private static final List<Class<?>> SLOWEST = List.of(ScaleBenchmark.class);

    /** Whether to measure everything, with as many rounds as it takes, instead of something of everything. */
    static final boolean FULL = Boolean.getBoolean("bench.full");

    static final int ROUNDS = FULL ? 3 : 1;

    private Benchmarks() {}

    /** With the name of a benchmark, runs that one in this JVM. */
    public static void main(String[] arguments) throws Exception {
        if (arguments.length == 1) {
            runHere(arguments[0]);
            return;
        }
        String wanted = System.getProperty("bench", "");
        List<Class<?>> benchmarks = new ArrayList<>(QUICK);
        if (FULL || !wanted.isEmpty()) {
            benchmarks.addAll(SLOW);
        }
        if (!wanted.isEmpty()) {
            benchmarks.addAll(SLOWEST);
            benchmarks.removeIf(type -> !type.getSimpleName().matches(wanted));
        }
        Files.createDirectories(Figures.DIRECTORY);
        for (Class<?> benchmark : benchmarks) {
            run(benchmark);
        }
        Path report = Report.write(Boolean.getBoolean("bench.docs"));
        System.out.println("The report is " + report.toAbsolutePath());
    }

    /** Ends the JVM, also when it fails: a pipeline may still run. */
    private static void runHere(String benchmark) {
        try {
            Class.forName(benchmark).getMethod("main", String[].class).invoke(null, (Object) new String[0]);
        } catch (ReflectiveOperationException e) {
            e.printStackTrace();
            System.exit(1);
        }
    }

    private static void run(Class<?> benchmark) throws Exception {
        List<String> command = new ArrayList<>();
        command.add(Path.of(System.getProperty("java.home"), "bin", "java").toString());
        command.addAll(ManagementFactory.getRuntimeMXBean().getInputArguments());
        command.addAll(
                List.of("-cp", System.getProperty("java.class.path"), Benchmarks.class.getName(), benchmark.getName()));
        int code = new ProcessBuilder(command).inheritIO().start().waitFor();
        if (code != 0) {
            throw new IllegalStateException(benchmark.getSimpleName() + " ended with " + code);
        }
    }
}
