// SPDX-License-Identifier: Apache-2.0
package io.zkflink.table;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowable;
import static org.junit.jupiter.params.provider.Arguments.arguments;

import java.util.stream.Stream;
import org.apache.commons.lang3.exception.ExceptionUtils;
import org.apache.flink.table.api.EnvironmentSettings;
import org.apache.flink.table.api.TableEnvironment;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

/** What users write wrong of locks, elections and barriers, and what they are told while the statement is planned. */
class RecipeMistakesTest {

    private static final TableEnvironment SQL = TableEnvironment.create(EnvironmentSettings.inStreamingMode());
    private static final String COLUMNS = "resource STRING, owner STRING";
    private static final String LOCK = "'recipe' = 'lock', 'path' = '/locks/{resource}'";
    private static final String BARRIER = "'recipe' = 'barrier', 'path' = '/b/{resource}'";

    static Stream<Arguments> mistakes() {
        return Stream.of(
                arguments(
                        COLUMNS,
                        "'recipe' = 'semaphore', 'path' = '/locks/{resource}'",
                        "Invalid value 'semaphore' for option 'recipe': it must be one of 'node', 'lock', 'election',"
                                + " 'barrier'."),
                arguments(
                        COLUMNS,
                        LOCK + ", 'lock.dialect' = 'python'",
                        "Invalid value 'python' for option 'lock.dialect': it must be one of 'curator', 'kazoo'."),
                arguments(
                        COLUMNS,
                        LOCK + ", 'lock.max-leases' = '0'",
                        "Invalid value '0' for option 'lock.max-leases': it must be at least 1."),
                arguments(
                        COLUMNS,
                        LOCK + ", 'format' = 'json'",
                        "Invalid value 'json' for option 'format': a table of 'recipe' = 'lock' does not have it, only"
                                + " one of 'recipe' = 'node'. Remove the option."),
                arguments(
                        COLUMNS,
                        LOCK + ", 'scan.unreadable' = 'skip'",
                        "Invalid value 'skip' for option 'scan.unreadable': a table of 'recipe' = 'lock' does not have"
                                + " it, only one of 'recipe' = 'node'. Remove the option."),
                arguments(
                        COLUMNS,
                        LOCK + ", 'lookup.cache' = 'FULL'",
                        "Invalid value 'FULL' for option 'lookup.cache': a table of 'recipe' = 'lock' does not have it,"
                                + " only one of 'recipe' = 'node'. Remove the option."),
                arguments(
                        COLUMNS,
                        LOCK + ", 'sink.create-mode' = 'container'",
                        "Invalid value 'container' for option 'sink.create-mode': a table of 'recipe' = 'lock' does not"
                                + " have it, only one of 'recipe' = 'node'. Remove the option."),
                arguments(
                        COLUMNS,
                        LOCK + ", 'scan.changelog-mode' = 'append'",
                        "Invalid value 'append' for option 'scan.changelog-mode': with 'recipe' = 'lock' a row changes"
                                + " when others come and go, which no event of its own znode tells. Use 'all' or"
                                + " 'upsert'."),
                arguments(
                        COLUMNS,
                        LOCK + ", 'scan.changelog-mode' = 'upsert'",
                        "Invalid value 'upsert' for option 'scan.changelog-mode': it needs a primary key."),
                arguments(
                        COLUMNS,
                        LOCK + ", 'barrier.members' = '2'",
                        "Invalid value '2' for option 'barrier.members': only barriers have it, and 'recipe' is 'lock'."
                                + " Remove the option."),
                arguments(
                        COLUMNS,
                        BARRIER,
                        "Missing option 'barrier.members': with 'recipe' = 'barrier' it says how many have to enter"
                                + " until the barrier opens. Set it to their number."),
                arguments(
                        COLUMNS,
                        BARRIER + ", 'barrier.members' = '0'",
                        "Invalid value '0' for option 'barrier.members': it must be at least 1."),
                arguments(
                        COLUMNS,
                        BARRIER + ", 'barrier.members' = '2', 'lock.dialect' = 'kazoo'",
                        "Invalid value 'kazoo' for option 'lock.dialect': only locks have it, and 'recipe' is"
                                + " 'barrier'. Remove the option."),
                arguments(
                        COLUMNS,
                        "'path' = '/flags/{resource}', 'lock.max-leases' = '2'",
                        "Invalid value '2' for option 'lock.max-leases': only locks have it. Set 'recipe' = 'lock', or"
                                + " remove the option."),
                arguments(
                        COLUMNS,
                        "'path' = '/flags/{resource}', 'barrier.members' = '2'",
                        "Invalid value '2' for option 'barrier.members': only barriers have it. Set 'recipe' ="
                                + " 'barrier', or remove the option."),
                arguments(
                        COLUMNS,
                        "'recipe' = 'election', 'path' = '/e/{*resource}'",
                        "Invalid value '/e/{*resource}' for option 'path': with 'recipe' = 'election' it names a"
                                + " resource, and those who contend for it are right below; '{*resource}' would take"
                                + " them for resources too. Bind each segment to a column of its own, like"
                                + " '{resource}'."),
                arguments(
                        "resource STRING",
                        LOCK,
                        "Invalid columns for 'recipe' = 'lock': beyond those that 'path' '/locks/{resource}' binds"
                                + " there must be one, which says who contends, and there is none. Declare the one, for"
                                + " example as owner STRING; all else there is to know are metadata columns."),
                arguments(
                        COLUMNS + ", host STRING",
                        LOCK,
                        "Invalid columns for 'recipe' = 'lock': beyond those that 'path' '/locks/{resource}' binds"
                                + " there must be one, which says who contends, and there are 2 (owner, host). Declare"
                                + " the one, for example as owner STRING; all else there is to know are metadata"
                                + " columns."),
                arguments(
                        "resource STRING, owner BIGINT",
                        LOCK,
                        "Invalid type BIGINT of the column 'owner': with 'recipe' = 'lock' it says who contends, which"
                                + " may be any text. Declare it as STRING."),
                arguments(
                        COLUMNS + ", PRIMARY KEY (resource) NOT ENFORCED",
                        LOCK,
                        "Invalid PRIMARY KEY (resource): a row is who contends for what. Declare PRIMARY KEY (resource,"
                                + " owner) NOT ENFORCED, or none, and each contender's znode is a row."));
    }

    @ParameterizedTest
    @MethodSource("mistakes")
    void aMistakeIsAnsweredWhilePlanning(String columns, String options, String message) {
        declare(columns, options);
        Throwable thrown = catchThrowable(() -> SQL.explainSql("SELECT * FROM t"));
        assertThat(ExceptionUtils.getThrowableList(thrown))
                .anySatisfy(cause -> assertThat(cause.getMessage()).startsWith(message));
    }

    @Test
    void aTableOfARecipeHasOneWriterThatNeedsNoOtherLock() {
        declare(COLUMNS, LOCK + ", 'sink.parallelism' = '2'");
        Throwable parallel = catchThrowable(() -> SQL.explainSql("INSERT INTO t VALUES ('a', 'b')"));
        assertThat(ExceptionUtils.getThrowableList(parallel)).anySatisfy(cause -> assertThat(cause)
                .hasMessage("Invalid value '2' for option 'sink.parallelism': with 'recipe' = 'lock' all rows belong to"
                        + " one session, which only one writer can have. Set it to '1', or remove it."));
        declare(COLUMNS, LOCK + ", 'sink.guard.lock' = '/lock'");
        Throwable guarded = catchThrowable(() -> SQL.explainSql("INSERT INTO t VALUES ('a', 'b')"));
        assertThat(ExceptionUtils.getThrowableList(guarded)).anySatisfy(cause -> assertThat(cause)
                .hasMessage("Invalid value '/lock' for option 'sink.guard.lock': a table of 'recipe' = 'lock' does not"
                        + " have it, only one of 'recipe' = 'node'. Remove the option."));
        declare(COLUMNS, LOCK);
        assertThat(SQL.explainSql("INSERT INTO t VALUES ('a', 'b')")).contains("Sink(");
    }

    private static void declare(String columns, String options) {
        SQL.executeSql("DROP TEMPORARY TABLE IF EXISTS t");
        SQL.executeSql("CREATE TEMPORARY TABLE t (" + columns
                + ") WITH ('connector' = 'zookeeper', 'connect-string' = 'zk.invalid:2181', " + options + ")");
    }
}
