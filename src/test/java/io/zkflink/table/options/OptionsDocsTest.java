// SPDX-License-Identifier: Apache-2.0
package io.zkflink.table.options;

import static org.assertj.core.api.Assertions.assertThat;

import io.zkflink.catalog.ZooKeeperCatalogFactory;
import io.zkflink.catalog.ZooKeeperCatalogStoreFactory;
import io.zkflink.history.source.HistoryMetadata;
import io.zkflink.row.ReadableMetadata;
import io.zkflink.row.RecipeMetadata;
import io.zkflink.row.WritableMetadata;
import io.zkflink.sink.runtime.SinkMetric;
import io.zkflink.source.reader.ScanMetric;
import io.zkflink.table.OptionSections;
import io.zkflink.table.ZooKeeperTableFactory;
import io.zkflink.table.history.ZooKeeperLogTableFactory;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.function.UnaryOperator;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.apache.flink.configuration.ConfigOption;
import org.apache.flink.configuration.MemorySize;
import org.apache.flink.configuration.description.HtmlFormatter;
import org.apache.flink.table.factories.Factory;
import org.apache.flink.table.factories.FactoryUtil;
import org.apache.flink.util.TimeUtils;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** The tables in the docs are made of the code; {@code -Ddocs.update=true} writes them. */
class OptionsDocsTest {

    /** What options that Flink declares mean here. */
    private static final Map<String, String> FLINKS = Map.of(
            "lookup.cache",
            "`NONE`; `PARTIAL`: what lookups found is kept; `FULL`: the whole subtree is mirrored.",
            "lookup.partial-cache.max-rows",
            "How many rows are kept at most; a missing key counts as one.",
            "lookup.partial-cache.expire-after-write",
            "How long a row is kept after it was read.",
            "lookup.partial-cache.expire-after-access",
            "How long a row is kept after it was last asked for.",
            "lookup.partial-cache.cache-missing-key",
            "Whether it is also kept that a key has no row.",
            "lookup.max-retries",
            "A lookup whose connection is lost is tried again for this many times `connection-timeout` beyond the"
                    + " first, then it fails. 0: never tried again.");

    @ParameterizedTest
    @ValueSource(strings = {"docs/zookeeper.md", "docs/recipes.md", "docs/history.md", "docs/catalog.md"})
    void theTablesAreUpToDate(String file) throws IOException {
        Path path = Path.of(file);
        String docs = Files.readString(path);
        String expected =
                replace(replace(replace(docs, "options", options()), "metadata", metadata()), "metrics", metrics());
        expected = replace(replace(expected, "writable", writable()), "sinkmetrics", sinkMetrics());
        expected = replace(expected, "catalogoptions", catalogOptions());
        expected = replace(expected, "storeoptions", storeOptions());
        expected = replace(expected, "recipemetadata", recipeMetadata());
        expected = replace(replace(expected, "logoptions", logOptions()), "logmetadata", logMetadata());
        if (Boolean.getBoolean("docs.update")) {
            Files.writeString(path, expected);
        }
        assertThat(Files.readString(path))
                .as("stale; run mvn test -Dtest=OptionsDocsTest -Ddocs.update=true")
                .isEqualTo(expected);
    }

    @Test
    void theFactoryOffersWhatIsListed() {
        ZooKeeperTableFactory factory = new ZooKeeperTableFactory();
        Set<ConfigOption<?>> offered = new HashSet<>(factory.requiredOptions());
        offered.addAll(factory.optionalOptions());
        assertThat(offered).isEqualTo(new HashSet<>(ZooKeeperOptions.ALL)).hasSameSizeAs(ZooKeeperOptions.ALL);
    }

    @Test
    void theLogFactoryOffersWhatIsListed() {
        ZooKeeperLogTableFactory factory = new ZooKeeperLogTableFactory();
        Set<ConfigOption<?>> offered = new HashSet<>(factory.requiredOptions());
        offered.addAll(factory.optionalOptions());
        assertThat(offered).isEqualTo(new HashSet<>(LogOptions.ALL)).hasSameSizeAs(LogOptions.ALL);
    }

    private static String replace(String docs, String name, String table) {
        int start = docs.indexOf("<!-- " + name + ":");
        if (start < 0) {
            return docs;
        }
        int begin = docs.indexOf('\n', start) + 1;
        int end = docs.indexOf("<!-- " + name + " end -->");
        return docs.substring(0, begin) + table + docs.substring(end);
    }

    private static final String OPTION_TABLE =
            "| option | required | default | type | meaning |\n|---|---|---|---|---|\n";

    private static String options() {
        UnaryOperator<String> link = OptionSections::ofTable;
        return table(Stream.of(
                Stream.of(row(link.apply("connector"), "required", "(none)", "String", "`zookeeper`.")),
                rows(ZooKeeperOptions.ALL, ZooKeeperOptions.REQUIRED, link),
                properties(link)));
    }

    private static String logOptions() {
        UnaryOperator<String> link = OptionSections::ofLog;
        return table(Stream.of(
                Stream.of(row(link.apply("connector"), "required", "(none)", "String", "`zookeeper-log`.")),
                rows(LogOptions.ALL, List.of(LogOptions.PATHS), link)));
    }

    private static String catalogOptions() {
        UnaryOperator<String> link = OptionSections::ofCatalog;
        return table(Stream.of(
                Stream.of(row(link.apply("type"), "required", "(none)", "String", "`zookeeper`.")),
                rows(CatalogOptions.ALL, CatalogOptions.REQUIRED, link),
                properties(link)));
    }

    private static String storeOptions() {
        UnaryOperator<String> link = OptionSections::ofStore;
        return table(Stream.of(rows(CatalogStoreOptions.ALL, List.of(), link), properties(link)));
    }

    private static Stream<String> properties(UnaryOperator<String> link) {
        return Stream.of(row(
                link.apply("properties.*"),
                "optional",
                "(none)",
                "String",
                "Options of ZooKeeper's client, given to it as they are."));
    }

    private static String table(Stream<Stream<String>> rows) {
        return OPTION_TABLE + rows.flatMap(part -> part).collect(Collectors.joining("\n")) + "\n";
    }

    @Test
    void theCatalogFactoriesOfferWhatIsListed() {
        assertOffers(new ZooKeeperCatalogFactory(), CatalogOptions.ALL);
        assertOffers(new ZooKeeperCatalogStoreFactory(), CatalogStoreOptions.ALL);
    }

    private static void assertOffers(Factory factory, List<ConfigOption<?>> listed) {
        Set<ConfigOption<?>> offered = new HashSet<>(factory.requiredOptions());
        offered.addAll(factory.optionalOptions());
        assertThat(offered).isEqualTo(new HashSet<>(listed)).hasSameSizeAs(listed);
    }

    private static Stream<String> rows(
            List<ConfigOption<?>> options, List<ConfigOption<?>> required, UnaryOperator<String> link) {
        return options.stream()
                .map(option -> row(
                        link.apply(option.key()),
                        required.contains(option) ? "required" : "optional",
                        defaultOf(option),
                        typeOf(option),
                        description(option)));
    }

    private static String row(String... cells) {
        return "| " + String.join(" | ", cells) + " |";
    }

    private static String defaultOf(ConfigOption<?> option) {
        Object value = option.defaultValue();
        if (option.equals(ZooKeeperOptions.SCAN_PARALLELISM)) {
            return "`1`";
        }
        if (value == null || value.equals("")) {
            return "(none)";
        }
        if (value instanceof Duration duration) {
            return "`" + TimeUtils.formatWithHighestUnit(duration) + "`";
        }
        return "`" + value + "`";
    }

    private static String typeOf(ConfigOption<?> option) {
        Object value = option.defaultValue();
        if (value instanceof Boolean || option.equals(SecurityOptions.SSL_ENABLED)) {
            return "Boolean";
        }
        boolean enumeration = value instanceof Enum
                || option.equals(SecurityOptions.SSL_KEYSTORE_TYPE)
                || option.equals(SecurityOptions.SSL_TRUSTSTORE_TYPE)
                || option.equals(ZooKeeperOptions.SCAN_CHANGELOG_MODE)
                || option.equals(ZooKeeperOptions.SCAN_BOUNDED_MODE)
                || option.equals(LogOptions.BOUNDED_MODE);
        if (enumeration) {
            return "Enum";
        }
        if (ZooKeeperOptions.isDuration(option)) {
            return "Duration";
        }
        if (value instanceof Boolean) {
            return "Boolean";
        }
        if (option.equals(ZooKeeperOptions.LOOKUP_MAX_ROWS) || option.equals(LogOptions.STARTUP_TIMESTAMP)) {
            return "Long";
        }
        if (value instanceof MemorySize) {
            return "MemorySize";
        }
        boolean number = value instanceof Integer
                || option.equals(ZooKeeperOptions.SCAN_PARALLELISM)
                || option.equals(SinkOptions.PARALLELISM)
                || option.equals(RecipeOptions.BARRIER_MEMBERS);
        return number ? "Integer" : "String";
    }

    private static String description(ConfigOption<?> option) {
        if (option.equals(FactoryUtil.FORMAT)) {
            return "The format of the data, for example `json`; with exactly one payload column `raw` is the default.";
        }
        if (option.equals(FactoryUtil.SOURCE_PARALLELISM)) {
            return "How many readers share the tree.";
        }
        if (option.equals(FactoryUtil.SINK_PARALLELISM)) {
            return "How many writers there are; by default as many as the query has.";
        }
        String ofFlink = FLINKS.get(option.key());
        if (ofFlink != null) {
            return ofFlink;
        }
        return new HtmlFormatter().format(option.description()).replace("|", "\\|");
    }

    private static String metrics() {
        return "| metric | meaning |\n|---|---|\n"
                + Stream.of(ScanMetric.values())
                        .map(metric -> "| `%s` | %s |".formatted(metric.key(), metric.description()))
                        .collect(Collectors.joining("\n"))
                + "\n";
    }

    private static String sinkMetrics() {
        return "| metric | meaning |\n|---|---|\n"
                + Stream.of(SinkMetric.values())
                        .map(metric -> "| `%s` | %s |".formatted(metric.key(), metric.description()))
                        .collect(Collectors.joining("\n"))
                + "\n";
    }

    private static String writable() {
        return "| key | type | meaning |\n|---|---|---|\n"
                + Stream.of(WritableMetadata.values())
                        .map(metadata -> "| `%s` | `%s` | %s |"
                                .formatted(metadata.key(), metadata.type(), metadata.description()))
                        .collect(Collectors.joining("\n"))
                + "\n";
    }

    private static String recipeMetadata() {
        return "| key | type | meaning |\n|---|---|---|\n"
                + Stream.of(RecipeMetadata.values())
                        .map(metadata -> "| `%s` | `%s` | %s |"
                                .formatted(metadata.key(), metadata.type(), metadata.description()))
                        .collect(Collectors.joining("\n"))
                + "\n";
    }

    private static String logMetadata() {
        return "| key | type | meaning |\n|---|---|---|\n"
                + Stream.of(HistoryMetadata.values())
                        .map(metadata -> "| `%s` | `%s` | %s |"
                                .formatted(metadata.key(), metadata.type(), metadata.description()))
                        .collect(Collectors.joining("\n"))
                + "\n";
    }

    private static String metadata() {
        return "| key | type | meaning |\n|---|---|---|\n"
                + Stream.of(ReadableMetadata.values())
                        .map(metadata -> "| `%s` | `%s` | %s |"
                                .formatted(metadata.key(), metadata.type(), metadata.description()))
                        .collect(Collectors.joining("\n"))
                + "\n";
    }
}
