// SPDX-License-Identifier: Apache-2.0
package io.zkflink.quickstart;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.zkflink.testkit.Await;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Comparator;
import java.util.List;
import java.util.Properties;
import java.util.concurrent.Callable;
import java.util.regex.MatchResult;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The quickstart as it is, but for the end of the JVM and the port. */
class QuickstartITCase {

    @TempDir
    private static Path data;

    private static EmbeddedZooKeeper server;

    @TempDir
    private Path directory;

    private String printed;

    @BeforeAll
    static void startServer() throws Exception {
        server = EmbeddedZooKeeper.start(0, data);
    }

    @AfterAll
    static void stopServer() {
        server.close();
    }

    @Test
    void theQuickstartShowsInsertsUpdatesAndDeletes() {
        Properties properties = properties();
        properties.setProperty("seconds", "12");

        assertThat(run(properties)).isZero();
        assertThat(printed)
                .contains("Using the ZooKeeper server " + server.connectString(), "Done.")
                .containsPattern("\\| +/flags/\\{\\*path} \\|")
                .containsPattern("\\| +/services/\\{\\*path} \\|")
                .containsPattern(
                        "\\| +checkout \\| +new-cart \\| +\\{\"enabled\":(true|false),\"rollout\":\\d+} \\| +\\d+ \\|")
                .containsPattern("\\| \\+I \\| +checkout \\| +checkout-1 \\| +10\\.0\\.0\\.11 \\| +8081 \\|")
                .containsPattern("\\| \\+U \\| +search \\| +search-1 \\|")
                .containsPattern("\\| -D \\| +checkout \\| +checkout-2 \\|")
                .containsPattern("\\| \\+I \\| +checkout \\| +new-cart \\|");
    }

    @Test
    void theExampleThatWritesShowsWhatItWrote() {
        Properties properties = properties();
        properties.setProperty("sql", "sql-examples/write.sql");

        assertThat(run(properties)).isZero();
        assertThat(printed)
                .containsPattern("\\| +cart \\| +new-ui \\| +TRUE \\| +50 \\| +1 \\|")
                .containsPattern("\\| +cart \\| +dark \\| +FALSE \\| +0 \\| +0 \\|")
                .containsPattern("\\| +1 \\| +50 \\|")
                .containsPattern("\\| +2 \\| +<NULL> \\|");
    }

    @Test
    void theExampleOfLocksShowsWhoHoldsWhat() {
        runExample(
                "locks.sql",
                "\\| +scanner \\| +bob \\| +HELD \\| +TRUE \\|",
                "\\| +printer \\| +(alice|bob) \\| +HELD \\| +TRUE \\|",
                "\\| +printer \\| +(alice|bob) \\| +WAITING \\| +TRUE \\|");
    }

    @Test
    void theExampleOfStandbyHasOneJobWriteAndThenTheOther() {
        runUntil("standby.sql", () -> reports().size() == 20);
        String workers = reports().stream()
                .sorted(Comparator.comparingLong(report -> Long.parseLong(report.group(1))))
                .map(report -> report.group(2))
                .collect(Collectors.joining());
        assertThat(workers).matches("a{10}b{10}|b{10}a{10}");
    }

    private List<MatchResult> reports() {
        return results("\\| +(\\d+) \\| +\\d+ \\| +([ab]) \\|");
    }

    @Test
    void theExampleOfABarrierLetsNobodyGoOnAlone() {
        runExample(
                "barrier.sql", "\\| +nightly \\| +orders \\| +READY \\|", "\\| +nightly \\| +customers \\| +READY \\|");
        assertThat(printed).doesNotContainPattern("(?s)READY.*\\+[IU] \\| +nightly \\| +customers \\| +WAITING");
    }

    @Test
    @Tag("nightly")
    void theExampleOfLockTimesSumsUpWhoHeldWhat() {
        runExample("lock-times.sql", "\\| +printer \\| +(ann|bob) \\| +[1-9] \\| +[1-9] \\|");
    }

    @Test
    void theExampleOfKafkaFindsPartitionsInTrouble() {
        runExample(
                "kafka.sql",
                "\\| +1 \\| +kafka-1 \\| +a \\| +1 \\|",
                "\\| +2 \\| +kafka-2 \\| +b \\| +1 \\|",
                "\\| +orders \\| +1 \\| +OFFLINE \\| +1 \\| +1 \\|",
                "\\| +orders \\| +2 \\| +UNDER-REPLICATED \\| +1 \\| +2 \\|");
        assertThat(printed).doesNotContainPattern("\\| +orders \\| +0 \\|");
    }

    @Test
    void theExampleOfFeatureFlagsCountsWhoSeesWhat() {
        runExample("feature-flags.sql", "\\| +40 \\| +12 \\| +0 \\|");
    }

    @Test
    void theExampleOfHealthTellsWhichServiceLacksInstances() throws Exception {
        try (ServiceFleet fleet = ServiceFleet.start(server.connectString())) {
            runExample(
                    "health.sql",
                    "\\| +checkout \\| +OK \\| +2 \\| +2 \\| +1\\.4\\.1 \\|",
                    "\\| +search \\| +DEGRADED \\| +1 \\| +3 \\| +1\\.4\\.1 \\|",
                    "\\| +payment \\| +DOWN \\| +0 \\| +1 \\| +<NULL> \\|");
        }
    }

    @Test
    void theExampleOfWhoDeletedItFindsTheSessionAndBringsItBack() throws IOException {
        String script = Files.readString(Path.of("sql-examples/who-deleted-it.sql"));
        assertThat(script).contains("'" + Quickstart.SCRIPT_DATA + "'");

        assertThat(run(script.replace(Quickstart.SCRIPT_DATA.toString(), data.toString())))
                .as(() -> printed)
                .isZero();
        assertThat(printed)
                .containsPattern("\\| +CREATE \\| +30 \\|")
                .containsPattern("\\| +SET \\| +60 \\|")
                .containsPattern("\\| +DELETE \\| +<NULL> \\|")
                .containsPattern("\\| +cart \\| +timeout \\| +60 \\|");
    }

    @Test
    void theExampleOfRulesAppliesThemAsTheyChange() {
        runUntil(
                "rules.sql",
                () -> alarms().map(alarm -> alarm.group(2)).distinct().count() > 1);
        assertThat(alarms()).allSatisfy(alarm -> assertThat(Integer.parseInt(alarm.group(1)))
                .isGreaterThan(Integer.parseInt(alarm.group(2))));
        assertThat(printed).doesNotContainPattern("\\| +cash \\|");
    }

    private Stream<MatchResult> alarms() {
        return results("\\| +card \\| +(\\d+) \\| +cards \\| +(\\d+) \\|").stream();
    }

    @Test
    void aScriptOfOnesOwnRunsToItsEnd() throws IOException {
        String script = """
                CREATE TABLE numbers (n INT) WITH ('connector' = 'datagen', 'number-of-rows' = '3',
                  'fields.n.kind' = 'sequence', 'fields.n.start' = '1', 'fields.n.end' = '3');
                CREATE TABLE nowhere (n INT) WITH ('connector' = 'blackhole');
                INSERT INTO nowhere SELECT n FROM numbers;
                SELECT SUM(n) AS total FROM numbers;
                SET 'execution.runtime-mode' = 'batch';
                SELECT SUM(n) AS total FROM numbers;
                """;

        assertThat(run(script)).isZero();
        assertThat(printed)
                .containsPattern("\\| \\+U \\| +6 \\|")
                .containsPattern("\n\\| +6 \\|\n")
                .contains("5 changes", "1 row")
                .doesNotContain("Started a program");
    }

    @Test
    void streamingInsertsRunBehindTheScript() throws IOException {
        String script = """
                CREATE TABLE numbers (n BIGINT) WITH ('connector' = 'datagen');
                CREATE TABLE nowhere (n BIGINT) WITH ('connector' = 'blackhole');
                EXECUTE STATEMENT SET BEGIN
                  INSERT INTO nowhere SELECT n FROM numbers;
                  INSERT INTO nowhere SELECT n + 1 FROM numbers;
                END;
                """;

        assertThat(run(script)).isZero();
        assertThat(printed).contains("Runs behind the rest of the script.", "Done.");
    }

    @Test
    void aStatementThatCannotBePlannedFails() throws IOException {
        assertThat(run("SELECT 1;\nSELECT nope FROM nowhere;\nSELECT 2")).isOne();
        assertThat(printed)
                .contains("FAILED", "The statement at line 2 failed.", "Object 'nowhere' not found")
                .doesNotContain("\tat ", "SELECT 2");
    }

    @Test
    void aJobThatFailsFails() throws IOException {
        assertThat(run("SELECT CAST(x AS INT) FROM (VALUES ('1'), ('a')) AS t (x);"))
                .isOne();
        assertThat(printed).contains("FAILED", "'a'").doesNotContain("\tat ", "Job execution failed");
    }

    @Test
    void aServerThatDoesNotAnswerIsNamed() {
        Properties properties = properties();
        properties.setProperty("zk", "localhost:1");

        assertThat(run(properties)).isOne();
        assertThat(printed).contains("No ZooKeeper server answers at 'localhost:1'", "-Dzk");
    }

    @Test
    void aPortThatIsTakenIsNamedWithTheWayOut() {
        int port = Integer.parseInt(server.connectString().replace("localhost:", ""));

        assertThatThrownBy(() -> EmbeddedZooKeeper.start(port, directory))
                .hasMessageContaining("Port " + port + " of localhost is taken")
                .hasMessageContaining("-Dzk=host:port");
    }

    @Test
    void aScriptThatIsNotThereAndSecondsThatAreNoneAreRefused() {
        Properties properties = properties();
        properties.setProperty("sql", "nowhere.sql");
        assertThat(run(properties)).isOne();
        assertThat(printed).contains("Cannot read the script 'nowhere.sql'", "-Dsql=FILE");

        properties.setProperty("seconds", "0");
        assertThatThrownBy(() -> QuickstartOptions.from(properties)).hasMessageContaining("-Dseconds=0");
    }

    /** Runs an example until it has shown lines like these, in any order. */
    private void runExample(String name, String... patterns) {
        runUntil(name, () -> Stream.of(patterns)
                .noneMatch(pattern -> results(pattern).isEmpty()));
    }

    /** Runs an example until it has shown what it is to show, or is over. */
    private void runUntil(String name, Callable<Boolean> shown) {
        Properties properties = properties();
        properties.setProperty("sql", "sql-examples/" + name);
        properties.setProperty("seconds", String.valueOf(Await.TIMEOUT.toSeconds()));
        ByteArrayOutputStream bytes = new ByteArrayOutputStream();
        PrintStream out = new PrintStream(bytes, true, StandardCharsets.UTF_8);
        Thread example = new Thread(() -> Quickstart.run(QuickstartOptions.from(properties), out), name);
        example.start();
        try {
            Await.untilAsserted(name + " has shown it", () -> {
                printed = bytes.toString(StandardCharsets.UTF_8);
                boolean is = shown.call();
                assertThat(is).as(printed).isEqualTo(true);
            });
        } finally {
            example.interrupt();
            Await.until(name + " has ended", () -> !example.isAlive());
        }
    }

    private List<MatchResult> results(String pattern) {
        return Pattern.compile(pattern).matcher(printed).results().toList();
    }

    private int run(String script) throws IOException {
        Properties properties = properties();
        properties.setProperty(
                "sql",
                Files.writeString(directory.resolve("script.sql"), script).toString());
        properties.setProperty("seconds", "2");
        return run(properties);
    }

    private int run(Properties properties) {
        ByteArrayOutputStream bytes = new ByteArrayOutputStream();
        PrintStream out = new PrintStream(bytes, true, StandardCharsets.UTF_8);
        int exitCode = Quickstart.run(QuickstartOptions.from(properties), out);
        printed = bytes.toString(StandardCharsets.UTF_8);
        return exitCode;
    }

    private static Properties properties() {
        Properties properties = new Properties();
        properties.setProperty("zk", server.connectString());
        return properties;
    }
}
