// SPDX-License-Identifier: Apache-2.0
package io.zkflink.quickstart;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Comparator;
import java.util.List;
import java.util.Properties;
import java.util.regex.MatchResult;
import java.util.regex.Pattern;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The quickstart as it is, but for the end of the JVM and the port. */
class QuickstartITCase {

    private static EmbeddedZooKeeper server;

    @TempDir
    private Path directory;

    private String printed;

    @BeforeAll
    static void startServer() throws Exception {
        server = EmbeddedZooKeeper.start(0);
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
        Properties properties = properties();
        properties.setProperty("sql", "sql-examples/locks.sql");
        properties.setProperty("seconds", "12");

        assertThat(run(properties)).isZero();
        assertThat(printed)
                .containsPattern("\\| +scanner \\| +bob \\| +HELD \\| +TRUE \\|")
                .containsPattern("\\| +printer \\| +(alice|bob) \\| +HELD \\| +TRUE \\|")
                .containsPattern("\\| +printer \\| +(alice|bob) \\| +WAITING \\| +TRUE \\|");
    }

    @Test
    void theExampleOfStandbyHasOneJobWriteAndThenTheOther() {
        assertThat(runExample("standby.sql", 12)).isZero();
        List<String> workers = Pattern.compile("\\| +(\\d+) \\| +\\d+ \\| +([ab]) \\|")
                .matcher(printed)
                .results()
                .sorted(Comparator.comparingLong(row -> Long.parseLong(row.group(1))))
                .map(row -> row.group(2))
                .toList();
        assertThat(workers).contains("a", "b");
        assertThat(String.join("", workers)).matches("a+b+|b+a+");
    }

    @Test
    void theExampleOfABarrierLetsNobodyGoOnAlone() {
        assertThat(runExample("barrier.sql", 12)).isZero();
        assertThat(printed)
                .containsPattern("\\| +nightly \\| +orders \\| +READY \\|")
                .containsPattern("\\| +nightly \\| +customers \\| +READY \\|")
                .doesNotContainPattern("(?s)READY.*customers \\| +WAITING");
    }

    @Test
    void theExampleOfLockTimesSumsUpWhoHeldWhat() {
        assertThat(runExample("lock-times.sql", 16)).isZero();
        assertThat(printed).containsPattern("\\| +printer \\| +(ann|bob) \\| +[1-9] \\| +[1-9] \\|");
    }

    @Test
    void theExampleOfKafkaFindsPartitionsInTrouble() {
        assertThat(runExample("kafka.sql")).isZero();
        assertThat(printed)
                .containsPattern("\\| +1 \\| +kafka-1 \\| +a \\| +1 \\|")
                .containsPattern("\\| +2 \\| +kafka-2 \\| +b \\| +1 \\|")
                .containsPattern("\\| +orders \\| +1 \\| +OFFLINE \\| +1 \\| +1 \\|")
                .containsPattern("\\| +orders \\| +2 \\| +UNDER-REPLICATED \\| +1 \\| +2 \\|")
                .doesNotContainPattern("\\| +orders \\| +0 \\|");
    }

    @Test
    void theExampleOfFeatureFlagsCountsWhoSeesWhat() {
        assertThat(runExample("feature-flags.sql")).isZero();
        assertThat(printed).containsPattern("\\| +40 \\| +12 \\| +0 \\|");
    }

    @Test
    void theExampleOfHealthTellsWhichServiceLacksInstances() throws Exception {
        try (ServiceFleet fleet = ServiceFleet.start(server.connectString())) {
            assertThat(runExample("health.sql")).isZero();
        }
        assertThat(printed)
                .containsPattern("\\| +checkout \\| +OK \\| +2 \\| +2 \\| +1\\.4\\.1 \\|")
                .containsPattern("\\| +search \\| +DEGRADED \\| +1 \\| +3 \\| +1\\.4\\.1 \\|")
                .containsPattern("\\| +payment \\| +DOWN \\| +0 \\| +1 \\| +<NULL> \\|");
    }

    @Test
    void theExampleOfRulesAppliesThemAsTheyChange() {
        assertThat(runExample("rules.sql")).isZero();
        List<MatchResult> alarms = Pattern.compile("\\| +card \\| +(\\d+) \\| +cards \\| +(\\d+) \\|")
                .matcher(printed)
                .results()
                .toList();
        assertThat(alarms).allSatisfy(alarm -> assertThat(Integer.parseInt(alarm.group(1)))
                .isGreaterThan(Integer.parseInt(alarm.group(2))));
        assertThat(alarms.stream().map(alarm -> alarm.group(2)).distinct()).hasSizeGreaterThan(1);
        assertThat(printed).doesNotContainPattern("\\| +cash \\|");
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

        assertThatThrownBy(() -> EmbeddedZooKeeper.start(port))
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

    private int runExample(String name) {
        return runExample(name, 8);
    }

    private int runExample(String name, int seconds) {
        Properties properties = properties();
        properties.setProperty("sql", "sql-examples/" + name);
        properties.setProperty("seconds", String.valueOf(seconds));
        return run(properties);
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
