// SPDX-License-Identifier: Apache-2.0
package io.zkflink.table.options;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.zkflink.table.ZooKeeperTableFactory;
import io.zkflink.testkit.Nasty;
import java.util.HashMap;
import java.util.Map;
import java.util.stream.Stream;
import net.jqwik.api.Arbitraries;
import net.jqwik.api.Arbitrary;
import net.jqwik.api.Example;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.Provide;
import org.apache.flink.configuration.ConfigOption;
import org.apache.flink.configuration.Configuration;
import org.apache.flink.table.api.DataTypes;
import org.apache.flink.table.api.Schema;
import org.apache.flink.table.api.ValidationException;
import org.apache.flink.table.catalog.CatalogTable;
import org.apache.flink.table.catalog.Column;
import org.apache.flink.table.catalog.ObjectIdentifier;
import org.apache.flink.table.catalog.ResolvedCatalogTable;
import org.apache.flink.table.catalog.ResolvedSchema;
import org.apache.flink.table.factories.FactoryUtil;

/** Whatever stands behind an option makes a table, or a message that names the option. */
class OptionPropertiesTest {

    private static final String REPLY_LIMIT = "properties.jute.maxbuffer";
    private static final String SECRET = "s3cr3t-";

    @Provide
    Arbitrary<String> keys() {
        return Arbitraries.of(
                Stream.concat(ZooKeeperOptions.ALL.stream().map(ConfigOption::key), Stream.of(REPLY_LIMIT))
                        .toList());
    }

    @Provide
    Arbitrary<String> values() {
        return Arbitraries.oneOf(
                Nasty.texts(),
                Arbitraries.longs().map(String::valueOf),
                Arbitraries.longs().flatMap(number -> Arbitraries.of(
                                " ns", " ms", " s", " min", " h", " d", " b", " kb", " mb", " tb")
                        .map(unit -> number + unit)),
                Arbitraries.of(
                        "9223372036854775807 s",
                        "9223372036854775807 d",
                        "9223372036854775807 tb",
                        "99999999999999999999",
                        "-1",
                        "0",
                        "0 s",
                        "1e3",
                        "TRUE",
                        "none",
                        "NULL",
                        "world:anyone:",
                        "a:b:cdrwa,",
                        ":::",
                        "localhost:0",
                        "localhost:-1",
                        "[::1]:2181",
                        "[::1",
                        "h:1/",
                        "h:1/../x",
                        ",",
                        "/{k}/{k}",
                        "/{*v}",
                        "{k}"));
    }

    @Property
    void anyValueMakesATableOrIsNamed(
            @ForAll("keys") String key, @ForAll("values") String value, @ForAll boolean exactlyOnce) {
        Map<String, String> options = new HashMap<>();
        if (exactlyOnce) {
            options.put("sink.delivery-guarantee", "exactly-once");
            options.put("sink.transactional-id-prefix", "p");
            options.put("lookup.cache", "PARTIAL");
            options.put("lookup.partial-cache.max-rows", "5");
        }
        options.put(key, key.endsWith("password") ? SECRET + value : value);
        for (Runnable made : new Runnable[] {() -> source(options), () -> sink(options)}) {
            try {
                made.run();
            } catch (ValidationException e) {
                // Flink's own message around ours prints all options.
                assertThat(e.getCause()).isInstanceOf(ValidationException.class);
                assertThat(messages(e)).doesNotContain(SECRET);
                // An unknown format Flink itself refuses, with a list of those that it knows.
                assertThat(messages(e.getCause()))
                        .containsAnyOf("'" + key + "'", "Could not find any factory for identifier '" + value + "'");
            }
        }
    }

    private static String messages(Throwable failure) {
        StringBuilder text = new StringBuilder();
        for (Throwable cause = failure; cause != null; cause = cause.getCause()) {
            text.append(cause.getMessage()).append('\n');
        }
        return text.toString();
    }

    /** Once an arithmetic exception, since this is a duration, but one of too many milliseconds. */
    @Example
    void durationsBeyondAllMeasure() {
        assertThatThrownBy(() -> source(Map.of("session-timeout", "9223372036854775807 s")))
                .cause()
                .hasMessage(
                        "Invalid value '9223372036854775807 s' for option 'session-timeout': it must be between 1 ms"
                                + " and 24 d; write it like '15 s'.");
        assertThatThrownBy(() -> sink(Map.of(
                        "sink.delivery-guarantee",
                        "exactly-once",
                        "sink.transactional-id-prefix",
                        "p",
                        "sink.commit-retention",
                        "9223372036854775807 s")))
                .cause()
                .hasMessage(
                        "Invalid value '9223372036854775807 s' for option 'sink.commit-retention': it must be at most"
                                + " 36500 d.");
    }

    /** With a limit like that ZooKeeper's client would reconnect for ever. */
    @Example
    void replyLimitsBelowAnyReply() {
        assertThatThrownBy(() -> source(Map.of(REPLY_LIMIT, "-1")))
                .cause()
                .hasMessage(
                        "Invalid value '-1' for option 'properties.jute.maxbuffer': it must be at least" + " 1024.");
    }

    private static void source(Map<String, String> options) {
        FactoryUtil.createDynamicTableSource(
                new ZooKeeperTableFactory(),
                ObjectIdentifier.of("c", "d", "t"),
                table(options),
                Map.of(),
                new Configuration(),
                OptionPropertiesTest.class.getClassLoader(),
                true);
    }

    private static void sink(Map<String, String> options) {
        FactoryUtil.createDynamicTableSink(
                new ZooKeeperTableFactory(),
                ObjectIdentifier.of("c", "d", "t"),
                table(options),
                Map.of(),
                new Configuration(),
                OptionPropertiesTest.class.getClassLoader(),
                true);
    }

    private static ResolvedCatalogTable table(Map<String, String> options) {
        Map<String, String> all =
                new HashMap<>(Map.of("connector", "zookeeper", "connect-string", "zk.invalid:2181", "path", "/r/{k}"));
        all.putAll(options);
        return new ResolvedCatalogTable(
                CatalogTable.newBuilder()
                        .schema(Schema.newBuilder().build())
                        .options(all)
                        .build(),
                ResolvedSchema.of(Column.physical("k", DataTypes.STRING()), Column.physical("v", DataTypes.STRING())));
    }
}
