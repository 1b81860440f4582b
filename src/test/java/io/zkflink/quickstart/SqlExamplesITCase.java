// SPDX-License-Identifier: Apache-2.0
package io.zkflink.quickstart;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Comparator;
import java.util.List;
import java.util.Properties;
import java.util.regex.MatchResult;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.apache.curator.framework.CuratorFramework;
import org.apache.flink.table.operations.Operation;
import org.apache.flink.table.operations.command.ResetOperation;
import org.apache.flink.table.operations.command.SetOperation;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** The scripts of {@code sql-examples} show what they are to show. */
class SqlExamplesITCase {

    @RegisterExtension
    static final QuickstartRun quickstart = new QuickstartRun();

    @TempDir
    private Path directory;

    static Stream<Path> examples() throws IOException {
        try (Stream<Path> files = Files.list(Path.of("sql-examples"))) {
            return files.filter(Files::isRegularFile).sorted().toList().stream();
        }
    }

    /** Most of them run nightly only. */
    @ParameterizedTest
    @MethodSource("examples")
    void everyStatementOfAnExampleIsPlanned(Path example) throws Exception {
        String root = "/" + example.getFileName();
        try (CuratorFramework client = Clients.connect(quickstart.connectString())) {
            client.create().forPath(root);
        }
        String text = Files.readString(example).replace(Quickstart.SCRIPT_SERVER, quickstart.connectString() + root);
        List<SqlScript.Statement> statements = SqlScript.parse(text).statements();
        assertThat(statements).isNotEmpty();
        try (SqlSession session = new SqlSession()) {
            for (SqlScript.Statement statement : statements) {
                String sql = statement.sql().replaceFirst("^EXECUTE STATEMENT SET", "STATEMENT SET");
                boolean isJob = sql.matches("(?s)(SELECT|INSERT|WITH|STATEMENT SET)\\b.*");
                Operation operation = session.parse(isJob ? "EXPLAIN " + sql : sql);
                if (operation instanceof SetOperation set) {
                    session.set(set.getKey().orElseThrow(), set.getValue().orElseThrow());
                } else if (operation instanceof ResetOperation reset) {
                    session.reset(reset.getKey().orElseThrow());
                } else if (!sql.matches("(?s)(DELETE|UPDATE)\\b.*")) {
                    session.execute(operation);
                }
            }
        }
    }

    @Test
    void theExampleThatWritesShowsWhatItWrote() {
        Properties properties = quickstart.properties();
        properties.setProperty("sql", "sql-examples/write.sql");

        assertThat(quickstart.run(properties)).isZero();
        assertThat(quickstart.printed())
                .containsPattern("\\| +cart \\| +new-ui \\| +TRUE \\| +50 \\| +1 \\|")
                .containsPattern("\\| +cart \\| +dark \\| +FALSE \\| +0 \\| +0 \\|")
                .containsPattern("\\| +1 \\| +50 \\|")
                .containsPattern("\\| +2 \\| +<NULL> \\|");
    }

    @Test
    void theExampleOfLocksShowsWhoHoldsWhat() {
        quickstart.runExample(
                "locks.sql",
                "\\| +scanner \\| +bob \\| +HELD \\| +TRUE \\|",
                "\\| +printer \\| +(alice|bob) \\| +HELD \\| +TRUE \\|",
                "\\| +printer \\| +(alice|bob) \\| +WAITING \\| +TRUE \\|");
    }

    @Test
    @Tag("nightly")
    void theExampleOfStandbyHasOneJobWriteAndThenTheOther() {
        quickstart.runUntil("standby.sql", () -> reports().size() == 20);
        String workers = reports().stream()
                .sorted(Comparator.comparingLong(report -> Long.parseLong(report.group(1))))
                .map(report -> report.group(2))
                .collect(Collectors.joining());
        assertThat(workers).matches("a{10}b{10}|b{10}a{10}");
    }

    @Test
    @Tag("nightly")
    void theExampleOfABarrierLetsNobodyGoOnAlone() {
        quickstart.runExample(
                "barrier.sql", "\\| +nightly \\| +orders \\| +READY \\|", "\\| +nightly \\| +customers \\| +READY \\|");
        assertThat(quickstart.printed())
                .doesNotContainPattern("(?s)READY.*\\+[IU] \\| +nightly \\| +customers \\| +WAITING");
    }

    @Test
    @Tag("nightly")
    void theExampleOfLockTimesSumsUpWhoHeldWhat() {
        quickstart.runExample("lock-times.sql", "\\| +printer \\| +(ann|bob) \\| +[1-9] \\| +[1-9] \\|");
    }

    @Test
    @Tag("nightly")
    void theExampleOfKafkaFindsPartitionsInTrouble() {
        quickstart.runExample(
                "kafka.sql",
                "\\| +1 \\| +kafka-1 \\| +a \\| +1 \\|",
                "\\| +2 \\| +kafka-2 \\| +b \\| +1 \\|",
                "\\| +orders \\| +1 \\| +OFFLINE \\| +1 \\| +1 \\|",
                "\\| +orders \\| +2 \\| +UNDER-REPLICATED \\| +1 \\| +2 \\|");
        assertThat(quickstart.printed()).doesNotContainPattern("\\| +orders \\| +0 \\|");
    }

    @Test
    void theExampleOfFeatureFlagsCountsWhoSeesWhat() {
        quickstart.runExample("feature-flags.sql", "\\| +40 \\| +12 \\| +0 \\|");
    }

    @Test
    @Tag("nightly")
    void theExampleOfHealthTellsWhichServiceLacksInstances() throws Exception {
        try (ServiceFleet fleet = ServiceFleet.start(quickstart.connectString())) {
            quickstart.runExample(
                    "health.sql",
                    "\\| +checkout \\| +OK \\| +2 \\| +2 \\| +1\\.4\\.1 \\|",
                    "\\| +search \\| +DEGRADED \\| +1 \\| +3 \\| +1\\.4\\.1 \\|",
                    "\\| +payment \\| +DOWN \\| +0 \\| +1 \\| +<NULL> \\|");
        }
    }

    @Test
    @Tag("nightly")
    void theExampleOfWhoDeletedItFindsTheSessionAndBringsItBack() throws IOException {
        String script = Files.readString(Path.of("sql-examples/who-deleted-it.sql"));
        assertThat(script).contains("'" + Quickstart.SCRIPT_DATA + "'");

        assertThat(run(script.replace(
                        Quickstart.SCRIPT_DATA.toString(), quickstart.data().toString())))
                .as(() -> quickstart.printed())
                .isZero();
        assertThat(quickstart.printed())
                .containsPattern("\\| +CREATE \\| +30 \\|")
                .containsPattern("\\| +SET \\| +60 \\|")
                .containsPattern("\\| +DELETE \\| +<NULL> \\|")
                .containsPattern("\\| +cart \\| +timeout \\| +60 \\|");
    }

    @Test
    @Tag("nightly")
    void theExampleOfRulesAppliesThemAsTheyChange() {
        quickstart.runUntil(
                "rules.sql",
                () -> alarms().map(alarm -> alarm.group(2)).distinct().count() > 1);
        assertThat(alarms()).allSatisfy(alarm -> assertThat(Integer.parseInt(alarm.group(1)))
                .isGreaterThan(Integer.parseInt(alarm.group(2))));
        assertThat(quickstart.printed()).doesNotContainPattern("\\| +cash \\|");
    }

    private List<MatchResult> reports() {
        return quickstart.results("\\| +(\\d+) \\| +\\d+ \\| +([ab]) \\|");
    }

    private Stream<MatchResult> alarms() {
        return quickstart.results("\\| +card \\| +(\\d+) \\| +cards \\| +(\\d+) \\|").stream();
    }

    private int run(String script) throws IOException {
        Properties properties = quickstart.properties();
        properties.setProperty(
                "sql",
                Files.writeString(directory.resolve("script.sql"), script).toString());
        properties.setProperty("seconds", "2");
        return quickstart.run(properties);
    }
}
