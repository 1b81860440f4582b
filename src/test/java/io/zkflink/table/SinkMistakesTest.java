// SPDX-License-Identifier: Apache-2.0
package io.zkflink.table;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.catchThrowable;

import java.util.LinkedHashMap;
import java.util.Map;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.apache.flink.table.api.EnvironmentSettings;
import org.apache.flink.table.api.TableEnvironment;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

/** What users write wrong who write to znodes, and what they are told while the statement is planned. */
class SinkMistakesTest {

    private static final TableEnvironment SQL = TableEnvironment.create(EnvironmentSettings.inStreamingMode());
    private static final String KEYED = "k STRING, v INT, PRIMARY KEY (k) NOT ENFORCED";
    private static final String UNKEYED = "k STRING, v INT";

    private static Arguments wrong(String columns, String message, String... options) {
        return Arguments.of(columns, options, message);
    }

    static Stream<Arguments> mistakes() {
        return Stream.of(
                wrong(
                        KEYED,
                        "Invalid value 'auto' for option 'payload.compression': it says how to read and not how to write."
                                + " Set it to 'gzip', 'zlib' or 'none' in the table that is written, for example with"
                                + " INSERT INTO t /*+ OPTIONS('payload.compression' = 'gzip') */.",
                        "payload.compression=auto"),
                wrong(
                        KEYED,
                        "Invalid value 'exactly-once' for option 'sink.delivery-guarantee': it needs a name for its commit"
                                + " markers. Set 'sink.transactional-id-prefix' to one that no other job uses.",
                        "sink.delivery-guarantee=exactly-once"),
                wrong(
                        KEYED,
                        "Invalid value 'none' for option 'sink.delivery-guarantee': it must be one of 'at-least-once',"
                                + " 'exactly-once'; a weaker one would save nothing.",
                        "sink.delivery-guarantee=none"),
                wrong(
                        KEYED,
                        "Invalid value 'a/b' for option 'sink.transactional-id-prefix': it contains '/'; write a single"
                                + " path segment like 'orders-to-zookeeper'.",
                        "sink.delivery-guarantee=exactly-once",
                        "sink.transactional-id-prefix=a/b"),
                wrong(
                        KEYED,
                        "Invalid value 'commits' for option 'sink.commit-path': it must be absolute; write '/commits';"
                                + " write it like '/_flink/commits'.",
                        "sink.delivery-guarantee=exactly-once",
                        "sink.transactional-id-prefix=a",
                        "sink.commit-path=commits"),
                wrong(
                        KEYED,
                        "Invalid value '/{k}' for option 'sink.commit-path': it cannot have columns like '{k}'; write it"
                                + " like '/_flink/commits'.",
                        "sink.delivery-guarantee=exactly-once",
                        "sink.transactional-id-prefix=a",
                        "sink.commit-path=/{k}"),
                wrong(
                        KEYED,
                        "Invalid value '/zookeeper/c' for option 'sink.commit-path': '/zookeeper' is ZooKeeper's own"
                                + " subtree. Write a path outside of it.",
                        "sink.delivery-guarantee=exactly-once",
                        "sink.transactional-id-prefix=a",
                        "sink.commit-path=/zookeeper/c"),
                wrong(
                        KEYED,
                        "Invalid value '/zookeeper/c' for option 'sink.commit-path': '/zookeeper' is ZooKeeper's own"
                                + " subtree. Write a path outside of it.",
                        "sink.create-mode=ephemeral",
                        "sink.commit-path=/zookeeper/c"),
                wrong(
                        KEYED,
                        "Invalid value '/zookeeper' for option 'sink.guard.lock': '/zookeeper' is ZooKeeper's own"
                                + " subtree. Write a path outside of it.",
                        "sink.guard.lock=/zookeeper"),
                wrong(
                        KEYED,
                        "Invalid value '0 d' for option 'sink.commit-retention': it must be positive; write it like '7 d'.",
                        "sink.delivery-guarantee=exactly-once",
                        "sink.transactional-id-prefix=a",
                        "sink.commit-retention=0 d"),
                wrong(
                        KEYED,
                        "Invalid value 'persistent-sequential' for option 'sink.create-mode': each row appends a znode whose"
                                + " name nobody knows before, so rows have no key. Remove the PRIMARY KEY, or use"
                                + " 'persistent'.",
                        "sink.create-mode=persistent-sequential"),
                wrong(
                        UNKEYED + ", `version` INT METADATA",
                        "Invalid metadata column 'version' with 'sink.create-mode' = 'persistent-sequential': each row"
                                + " creates a znode of its own, which has no version to expect. Remove the column, or use"
                                + " 'persistent'.",
                        "sink.create-mode=persistent-sequential"),
                wrong(
                        KEYED,
                        "Invalid value 'ephemeral' for option 'sink.create-mode': ephemeral znodes end with their session,"
                                + " whatever was committed. Use 'sink.delivery-guarantee' = 'at-least-once', or"
                                + " 'persistent'.",
                        "sink.create-mode=ephemeral",
                        "sink.delivery-guarantee=exactly-once"),
                wrong(
                        KEYED,
                        "Invalid value 'ephemeral-sequential' for option 'sink.create-mode': the sink would not find its"
                                + " znodes again after a failure. Use 'ephemeral', or 'recipe' = 'lock' for a queue.",
                        "sink.create-mode=ephemeral-sequential"),
                wrong(
                        KEYED + ", `version` INT METADATA",
                        "Invalid metadata column 'version' with 'sink.create-mode' = 'ephemeral': such rows are created"
                                + " anew whenever their session was lost, and the versions begin again. Remove the column,"
                                + " or use 'persistent'.",
                        "sink.create-mode=ephemeral"),
                wrong(
                        KEYED,
                        "Invalid value '2' for option 'sink.parallelism': with 'sink.create-mode' = 'ephemeral' all rows"
                                + " belong to one session, which only one writer can have. Set it to '1', or remove it.",
                        "sink.create-mode=ephemeral",
                        "sink.parallelism=2"),
                wrong(
                        KEYED,
                        "Invalid value 'e' for option 'sink.commit-path': it must be absolute; write '/e'; write it like"
                                + " '/_flink/commits'.",
                        "sink.create-mode=ephemeral",
                        "sink.commit-path=e"),
                wrong(
                        KEYED,
                        "Invalid value '/lock' for option 'sink.guard.lock': what was prepared with the lock must be"
                                + " committed without it after a failure. Use 'sink.delivery-guarantee' = 'at-least-once',"
                                + " or remove the option.",
                        "sink.guard.lock=/lock",
                        "sink.delivery-guarantee=exactly-once",
                        "sink.transactional-id-prefix=a"),
                wrong(
                        KEYED,
                        "Invalid value '/lock' for option 'sink.guard.lock': ephemeral rows have a session of their own,"
                                + " which no other writer can have at the same time. Remove the option, or use"
                                + " 'sink.create-mode' = 'persistent'.",
                        "sink.guard.lock=/lock",
                        "sink.create-mode=ephemeral"),
                wrong(
                        KEYED,
                        "Invalid value '2' for option 'sink.parallelism': with 'sink.guard.lock' only one writer can hold"
                                + " the lock. Set it to '1', or remove it.",
                        "sink.guard.lock=/lock",
                        "sink.parallelism=2"),
                wrong(
                        KEYED,
                        "Invalid value 'lock' for option 'sink.guard.lock': it must be absolute; write '/lock'; write it"
                                + " like '/locks/orders'.",
                        "sink.guard.lock=lock"),
                wrong(
                        KEYED,
                        "Invalid value '_sessions' for option 'sink.transactional-id-prefix': ephemeral rows keep something"
                                + " else there; write a single path segment like 'orders-to-zookeeper'.",
                        "sink.delivery-guarantee=exactly-once",
                        "sink.transactional-id-prefix=_sessions"),
                wrong(
                        KEYED,
                        "Invalid value 'persistent-with-ttl' for option 'sink.create-mode': it needs to know how long. Set"
                                + " 'sink.ttl', for example to '1 h', or declare a column ttl BIGINT METADATA.",
                        "sink.create-mode=persistent-with-ttl"),
                wrong(
                        KEYED,
                        "Invalid value '1 h' for option 'sink.ttl': only znodes with 'sink.create-mode' ="
                                + " 'persistent-with-ttl' have one. Set that, or remove the option.",
                        "sink.ttl=1 h"),
                wrong(
                        KEYED,
                        "Invalid value 'long' for option 'sink.ttl': it must be a duration like '15 s'.",
                        "sink.ttl=long"),
                wrong(
                        KEYED,
                        "Invalid value 'retry' for option 'sink.conflict': it must be one of 'fail', 'skip'.",
                        "sink.conflict=retry"),
                wrong(
                        KEYED,
                        "Invalid value 'maybe' for option 'sink.delete-children': it must be 'true' or 'false'.",
                        "sink.delete-children=maybe"),
                wrong(
                        KEYED,
                        "Invalid value 'everybody' for option 'sink.acl': 'everybody' is not of the form"
                                + " 'scheme:id:permissions'; write 'open', 'creator', 'read-only', or a list like"
                                + " 'digest:user:hash:cdrwa,world:anyone:r'.",
                        "sink.acl=everybody"),
                wrong(
                        KEYED,
                        "Invalid value 'world:anyone:rx' for option 'sink.acl': 'x' in 'world:anyone:rx' is no permission;"
                                + " those are c(reate), d(elete), r(ead), w(rite), a(dmin); write 'open', 'creator',"
                                + " 'read-only', or a list like 'digest:user:hash:cdrwa,world:anyone:r'.",
                        "sink.acl=world:anyone:rx"),
                wrong(
                        KEYED,
                        "Invalid value '0' for option 'sink.batch.max-size': it must be at least 1.",
                        "sink.batch.max-size=0"),
                wrong(
                        KEYED,
                        "Invalid value 'big' for option 'sink.flush-buffer.size': it must be a size like '1 mb'.",
                        "sink.flush-buffer.size=big"),
                wrong(
                        KEYED,
                        "Invalid value '2 gb' for option 'sink.flush-buffer.size': it must be between 1 byte and 1 gb.",
                        "sink.flush-buffer.size=2 gb"),
                wrong(
                        KEYED,
                        "Invalid value '0' for option 'sink.parallelism': it must be at least 1.",
                        "sink.parallelism=0"));
    }

    @ParameterizedTest
    @MethodSource("mistakes")
    void aMistakeIsAnsweredWhilePlanning(String columns, String[] options, String message) {
        Throwable error = catchThrowable(() -> plan(columns, options));

        assertThat(error).as("an error while planning").isNotNull();
        Throwable cause = error;
        while (cause.getCause() != null && !message.equals(cause.getMessage())) {
            cause = cause.getCause();
        }
        assertThat(cause).hasMessage(message);
    }

    @Test
    void whatIsRightIsPlanned() {
        assertThat(plan(KEYED)).contains("Sink(");
        assertThat(plan(
                        UNKEYED,
                        "sink.create-mode=persistent-sequential",
                        "sink.delivery-guarantee=exactly-once",
                        "sink.transactional-id-prefix=mine"))
                .contains("Sink(");
        assertThat(plan(KEYED, "sink.acl=digest:user:aGFzaA==:cdrwa,world:anyone:r"))
                .contains("Sink(");
        assertThat(plan(KEYED, "sink.create-mode=ephemeral", "sink.parallelism=1"))
                .contains("Sink(");
    }

    @Test
    void rowsThatGoWithTheirJobAreNotDeletedByAnother() {
        TableEnvironment batch = TableEnvironment.create(EnvironmentSettings.inBatchMode());
        batch.executeSql(
                "CREATE TEMPORARY TABLE live (" + KEYED + ") WITH ('connector' = 'zookeeper', 'connect-string' ="
                        + " 'zk.invalid:2181', 'path' = '/t/{k}', 'format' = 'json', 'sink.create-mode' = 'ephemeral')");
        assertThatThrownBy(() -> batch.explainSql("DELETE FROM live WHERE k = 'a'"))
                .hasMessage("DELETE needs rows that outlive the job that wrote them, and with 'sink.create-mode' ="
                        + " 'ephemeral' they go when their query ends or retracts them.");
    }

    @Test
    void treesOfAnyDepthAreDeletedByOneWriter() {
        for (String name : new String[] {"tree", "twin"}) {
            SQL.executeSql("CREATE TEMPORARY TABLE " + name
                    + " (p STRING, v BYTES, PRIMARY KEY (p) NOT ENFORCED) WITH ('connector' = 'zookeeper', 'connect-string'"
                    + " = 'zk.invalid:2181', 'path' = '/" + name + "/{*p}', 'sink.parallelism' = '2')");
        }
        assertThatThrownBy(() -> SQL.explainSql("INSERT INTO tree SELECT * FROM twin"))
                .hasMessage(
                        "Invalid value '2' for option 'sink.parallelism': the query deletes rows, and with the 'path'"
                                + " '/tree/{*p}' a znode can only be deleted after those below it, which takes a single writer."
                                + " Set it to '1', or remove it.");
    }

    private static String plan(String columns, String... options) {
        Map<String, String> all = new LinkedHashMap<>();
        all.put("connector", "zookeeper");
        all.put("connect-string", "zk.invalid:2181");
        all.put("path", "/t/{k}");
        all.put("format", "json");
        for (String option : options) {
            int equals = option.indexOf('=');
            all.put(option.substring(0, equals), option.substring(equals + 1));
        }
        SQL.executeSql("CREATE TEMPORARY VIEW IF NOT EXISTS source AS SELECT * FROM (VALUES ('a', 1)) AS s (k, v)");
        SQL.executeSql("DROP TEMPORARY TABLE IF EXISTS t");
        SQL.executeSql("CREATE TEMPORARY TABLE t (" + columns + ") WITH ("
                + all.entrySet().stream()
                        .map(option -> "'%s' = '%s'".formatted(option.getKey(), option.getValue()))
                        .collect(Collectors.joining(", "))
                + ")");
        SQL.getConfig().set("table.exec.sink.require-on-conflict", "false");
        return SQL.explainSql("INSERT INTO t (k, v) SELECT k, v FROM source");
    }
}
