// SPDX-License-Identifier: Apache-2.0
package io.zkflink.quickstart;

import static org.assertj.core.api.Assertions.assertThat;

import io.zkflink.testkit.Await;
import java.io.ByteArrayOutputStream;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.Properties;
import java.util.concurrent.Callable;
import java.util.regex.MatchResult;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.apache.flink.util.FileUtils;
import org.junit.jupiter.api.extension.AfterAllCallback;
import org.junit.jupiter.api.extension.BeforeAllCallback;
import org.junit.jupiter.api.extension.ExtensionContext;

/**
 * Runs the quickstart as its command line does, but for the end of the JVM, the port, and the pace of the program that
 * it watches, and keeps what it prints. One server for the tests of a class.
 */
final class QuickstartRun implements BeforeAllCallback, AfterAllCallback {

    private static final Duration PACE = Duration.ofMillis(200);

    private Path data;
    private EmbeddedZooKeeper server;
    private String printed;

    @Override
    public void beforeAll(ExtensionContext context) throws Exception {
        data = Files.createTempDirectory("quickstart-");
        server = EmbeddedZooKeeper.start(0, data);
    }

    @Override
    public void afterAll(ExtensionContext context) throws Exception {
        server.close();
        FileUtils.deleteDirectory(data.toFile());
    }

    /** The files of the server. */
    Path data() {
        return data;
    }

    String connectString() {
        return server.connectString();
    }

    /** What the last run printed. */
    String printed() {
        return printed;
    }

    /** Runs an example until it has shown lines like these, in any order. */
    void runExample(String name, String... patterns) {
        runUntil(name, () -> shows(patterns));
    }

    /** Runs an example until it has shown what it is to show, or is over. */
    void runUntil(String name, Callable<Boolean> shown) {
        run(Path.of("sql-examples", name), true, shown);
    }

    /** As the quickstart's own script, until it has shown lines like these, in any order. */
    void runUntilItShows(Path script, String... patterns) {
        run(script, false, () -> shows(patterns));
    }

    private boolean shows(String... patterns) {
        return Stream.of(patterns).noneMatch(pattern -> results(pattern).isEmpty());
    }

    private void run(Path script, boolean ownScript, Callable<Boolean> shown) {
        QuickstartOptions options =
                new QuickstartOptions(script, ownScript, Optional.of(connectString()), Await.TIMEOUT, PACE);
        ByteArrayOutputStream bytes = new ByteArrayOutputStream();
        PrintStream out = new PrintStream(bytes, true, StandardCharsets.UTF_8);
        Thread example = new Thread(() -> Quickstart.run(options, out), script.toString());
        example.start();
        try {
            Await.untilAsserted(script + " has shown it", () -> {
                printed = bytes.toString(StandardCharsets.UTF_8);
                boolean is = shown.call();
                assertThat(is).as(printed).isEqualTo(true);
            });
        } finally {
            example.interrupt();
            Await.until(script + " has ended", () -> !example.isAlive());
        }
    }

    List<MatchResult> results(String pattern) {
        return Pattern.compile(pattern).matcher(printed).results().toList();
    }

    /** Runs it to its end. */
    int run(Properties properties) {
        ByteArrayOutputStream bytes = new ByteArrayOutputStream();
        PrintStream out = new PrintStream(bytes, true, StandardCharsets.UTF_8);
        int exitCode = Quickstart.run(QuickstartOptions.from(properties), out);
        printed = bytes.toString(StandardCharsets.UTF_8);
        return exitCode;
    }

    Properties properties() {
        Properties properties = new Properties();
        properties.setProperty("zk", server.connectString());
        return properties;
    }
}
