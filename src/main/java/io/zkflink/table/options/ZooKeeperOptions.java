// SPDX-License-Identifier: Apache-2.0
package io.zkflink.table.options;

import io.zkflink.lookup.LookupCaching;
import io.zkflink.path.PathEncoding;
import io.zkflink.row.ParseErrorPolicy;
import io.zkflink.row.payload.PayloadCompression;
import io.zkflink.source.settings.BoundedMode;
import io.zkflink.source.settings.ScanMode;
import io.zkflink.source.settings.StartupMode;
import io.zkflink.source.settings.UnreadablePolicy;
import io.zkflink.source.settings.WatchMode;
import java.time.Duration;
import java.util.List;
import java.util.stream.Stream;
import org.apache.flink.annotation.PublicEvolving;
import org.apache.flink.configuration.ConfigOption;
import org.apache.flink.configuration.ConfigOptions;
import org.apache.flink.configuration.MemorySize;
import org.apache.flink.table.connector.source.lookup.LookupOptions;
import org.apache.flink.table.factories.FactoryUtil;

/** The options of the connector. {@link #ALL} is the one list that the factory, the docs and the tests go by. */
@PublicEvolving
public final class ZooKeeperOptions {

    /** The name of the connector. */
    public static final String IDENTIFIER = "zookeeper";

    /** Options below this prefix go to ZooKeeper's client as they are. */
    public static final String PROPERTIES_PREFIX = "properties.";

    public static final ConfigOption<String> CONNECT_STRING = ConfigOptions.key("connect-string")
            .stringType()
            .noDefaultValue()
            .withDescription("The servers, `host:port[,host:port]...`, and optionally a chroot, `/chroot`.");

    public static final ConfigOption<String> PATH = ConfigOptions.key("path")
            .stringType()
            .noDefaultValue()
            .withDescription("The path template: `/flags/{service}/{flag}` binds a column to each segment in braces,"
                    + " `{*column}` in last place binds one or more remaining segments; without a column the table is"
                    + " one znode.");

    public static final ConfigOption<PathEncoding> PATH_ENCODING = ConfigOptions.key("path.encoding")
            .enumType(PathEncoding.class)
            .defaultValue(PathEncoding.NONE)
            .withDescription(
                    "`url` and `uri` percent-encode the values of `{column}` segments, a blank as `+` or as `%20`; names are"
                            + " read as any library encodes them.");

    public static final ConfigOption<String> FORMAT = FactoryUtil.FORMAT;

    public static final ConfigOption<PayloadCompression> PAYLOAD_COMPRESSION = ConfigOptions.key("payload.compression")
            .enumType(PayloadCompression.class)
            .defaultValue(PayloadCompression.NONE)
            .withDescription("How the data is compressed: `none`; `gzip` or `zlib`, which are read and written; `auto`:"
                    + " each znode's as its first bytes say, which is for reading only.");

    public static final ConfigOption<MemorySize> PAYLOAD_MAX_INFLATED_SIZE = ConfigOptions.key(
                    "payload.max-inflated-size")
            .memoryType()
            .defaultValue(new MemorySize(PayloadCompression.STANDARD_LIMIT))
            .withDescription("How large compressed data may become; larger data cannot be decoded.");

    public static final ConfigOption<String> NAMESPACE = ConfigOptions.key("namespace")
            .stringType()
            .defaultValue("")
            .withDescription("A path below the chroot to which all paths are relative, without leading slash.");

    public static final ConfigOption<Duration> SESSION_TIMEOUT = ConfigOptions.key("session-timeout")
            .durationType()
            .defaultValue(Duration.ofSeconds(60))
            .withDescription("What to ask the server for; it may grant less, often 40 s, which is then logged.");

    public static final ConfigOption<Duration> CONNECTION_TIMEOUT = ConfigOptions.key("connection-timeout")
            .durationType()
            .defaultValue(Duration.ofSeconds(15))
            .withDescription("How long one attempt to connect may take, to reconnect at most a third of the session.");

    public static final ConfigOption<Duration> RETRY_WAIT = ConfigOptions.key("retry-wait")
            .durationType()
            .defaultValue(Duration.ofSeconds(5))
            .withDescription("The longest wait between two attempts to connect; the first ones follow faster.");

    public static final ConfigOption<Integer> MAX_RETRY_ATTEMPTS = ConfigOptions.key("max-retry-attempts")
            .intType()
            .defaultValue(3)
            .withDescription("How many connection timeouts the first connect may take before it fails. A scan that has"
                    + " been connected waits for the server for as long as it takes.");

    public static final ConfigOption<ScanMode> SCAN_CHANGELOG_MODE = ConfigOptions.key("scan.changelog-mode")
            .enumType(ScanMode.class)
            .noDefaultValue()
            .withDescription("`upsert`: the key and the latest row, key-only deletes. `all`: full changelog, the last"
                    + " row of each znode is kept in state. `append`: an event log, see `event-type`. The default is"
                    + " `upsert` with a primary key, else `all`.");

    public static final ConfigOption<StartupMode> SCAN_STARTUP_MODE = ConfigOptions.key("scan.startup.mode")
            .enumType(StartupMode.class)
            .defaultValue(StartupMode.INITIAL)
            .withDescription("`initial`: all znodes, then changes. `latest-offset`: only changes after the start.");

    public static final ConfigOption<BoundedMode> SCAN_BOUNDED_MODE = ConfigOptions.key("scan.bounded.mode")
            .enumType(BoundedMode.class)
            .noDefaultValue()
            .withDescription("`unbounded`, or `snapshot`: read the subtree once and finish. The default is `unbounded`,"
                    + " and `snapshot` in batch mode.");

    public static final ConfigOption<WatchMode> SCAN_WATCH_MODE = ConfigOptions.key("scan.watch-mode")
            .enumType(WatchMode.class)
            .defaultValue(WatchMode.AUTO)
            .withDescription("`recursive`: one recursive watch (servers 3.6+). `poll`: the subtree is read every"
                    + " `scan.poll-interval`. `auto`: whichever the server can.");

    public static final ConfigOption<Duration> SCAN_POLL_INTERVAL = ConfigOptions.key("scan.poll-interval")
            .durationType()
            .defaultValue(Duration.ofSeconds(30))
            .withDescription("How long to wait between two reads of the subtree where it is polled.");

    public static final ConfigOption<Duration> SCAN_WATERMARK_ADVANCE_INTERVAL = ConfigOptions.key(
                    "scan.watermark.advance-interval")
            .durationType()
            .noDefaultValue()
            .withDescription("Moves the watermark on while nothing changes: at this interval a `sync` proves that"
                    + " nothing was missed, and the watermark becomes the time of the proof minus the interval. Servers"
                    + " and readers whose clocks differ by more need a longer one. Off by default.");

    public static final ConfigOption<Integer> SCAN_PARALLELISM = FactoryUtil.SOURCE_PARALLELISM;

    public static final ConfigOption<ParseErrorPolicy> SCAN_PARSE_ERRORS = ConfigOptions.key("scan.parse-errors")
            .enumType(ParseErrorPolicy.class)
            .defaultValue(ParseErrorPolicy.FAIL)
            .withDescription("Data that the format cannot decode: `fail` the job, `null` payload columns, or `skip` the"
                    + " row, taking back an earlier one of that znode.");

    public static final ConfigOption<UnreadablePolicy> SCAN_UNREADABLE = ConfigOptions.key("scan.unreadable")
            .enumType(UnreadablePolicy.class)
            .defaultValue(UnreadablePolicy.FAIL)
            .withDescription("Znodes whose ACL denies this user the READ permission: `fail` the job, or `skip` them and"
                    + " what is below them, taking back earlier rows.");

    public static final ConfigOption<Boolean> LOOKUP_ASYNC = ConfigOptions.key("lookup.async")
            .booleanType()
            .defaultValue(false)
            .withDescription("Look many keys up at the same time, in requests that they share.");

    public static final ConfigOption<LookupOptions.LookupCacheType> LOOKUP_CACHE = LookupOptions.CACHE_TYPE;

    public static final ConfigOption<LookupCaching.Invalidation> LOOKUP_INVALIDATION = ConfigOptions.key(
                    "lookup.partial-cache.invalidation")
            .enumType(LookupCaching.Invalidation.class)
            .defaultValue(LookupCaching.Invalidation.WATCH)
            .withDescription("`watch`: a row goes from the cache when its znode changes, and a missing key when its"
                    + " znode appears (servers 3.6+). `ttl`: only by the limits below, with Flink's own cache.");

    public static final ConfigOption<Long> LOOKUP_MAX_ROWS = LookupOptions.PARTIAL_CACHE_MAX_ROWS;

    public static final ConfigOption<Duration> LOOKUP_EXPIRE_AFTER_WRITE =
            LookupOptions.PARTIAL_CACHE_EXPIRE_AFTER_WRITE;

    public static final ConfigOption<Duration> LOOKUP_EXPIRE_AFTER_ACCESS =
            LookupOptions.PARTIAL_CACHE_EXPIRE_AFTER_ACCESS;

    public static final ConfigOption<Boolean> LOOKUP_CACHE_MISSING_KEY = LookupOptions.PARTIAL_CACHE_CACHE_MISSING_KEY;

    public static final ConfigOption<Duration> LOOKUP_MAX_STALENESS = ConfigOptions.key("lookup.max-staleness")
            .durationType()
            .defaultValue(Duration.ofMinutes(1))
            .withDescription("How long cached rows may be served while the connection is lost; then lookups fail rather"
                    + " than serve stale rows.");

    public static final ConfigOption<Integer> LOOKUP_MAX_RETRIES = LookupOptions.MAX_RETRIES;

    public static final ConfigOption<ParseErrorPolicy> LOOKUP_PARSE_ERRORS = ConfigOptions.key("lookup.parse-errors")
            .enumType(ParseErrorPolicy.class)
            .defaultValue(ParseErrorPolicy.FAIL)
            .withDescription("As `scan.parse-errors`, for lookups: `skip` finds no row.");

    /** Options below this prefix are Flink's, for caches that are reloaded. */
    static final String FULL_CACHE_PREFIX = "lookup.full-cache.";

    /** What only a partial cache has. */
    static final List<ConfigOption<?>> OF_PARTIAL_CACHE = List.of(
            LOOKUP_INVALIDATION,
            LOOKUP_MAX_ROWS,
            LOOKUP_EXPIRE_AFTER_WRITE,
            LOOKUP_EXPIRE_AFTER_ACCESS,
            LOOKUP_CACHE_MISSING_KEY);

    /** What must be set. */
    public static final List<ConfigOption<?>> REQUIRED = List.of(CONNECT_STRING, PATH);

    /** How to reach the servers, without credentials; what catalogs have, too. */
    static final List<ConfigOption<?>> CONNECTION =
            List.of(CONNECT_STRING, NAMESPACE, SESSION_TIMEOUT, CONNECTION_TIMEOUT, RETRY_WAIT, MAX_RETRY_ATTEMPTS);

    private static final List<ConfigOption<?>> COMMON_AND_SCAN = List.of(
            CONNECT_STRING,
            PATH,
            PATH_ENCODING,
            FORMAT,
            PAYLOAD_COMPRESSION,
            PAYLOAD_MAX_INFLATED_SIZE,
            NAMESPACE,
            SESSION_TIMEOUT,
            CONNECTION_TIMEOUT,
            RETRY_WAIT,
            MAX_RETRY_ATTEMPTS,
            SCAN_CHANGELOG_MODE,
            SCAN_STARTUP_MODE,
            SCAN_BOUNDED_MODE,
            SCAN_WATCH_MODE,
            SCAN_POLL_INTERVAL,
            SCAN_WATERMARK_ADVANCE_INTERVAL,
            SCAN_PARALLELISM,
            SCAN_PARSE_ERRORS,
            SCAN_UNREADABLE,
            LOOKUP_ASYNC,
            LOOKUP_CACHE,
            LOOKUP_INVALIDATION,
            LOOKUP_MAX_ROWS,
            LOOKUP_EXPIRE_AFTER_WRITE,
            LOOKUP_EXPIRE_AFTER_ACCESS,
            LOOKUP_CACHE_MISSING_KEY,
            LOOKUP_MAX_STALENESS,
            LOOKUP_MAX_RETRIES,
            LOOKUP_PARSE_ERRORS);

    /** All options, in the order of the docs. */
    public static final List<ConfigOption<?>> ALL = Stream.of(
                    COMMON_AND_SCAN, RecipeOptions.ALL, SinkOptions.ALL, SecurityOptions.ALL)
            .<ConfigOption<?>>flatMap(List::stream)
            .toList();

    private ZooKeeperOptions() {}

    /** Whether an option is a duration; one without a default does not say so. */
    static boolean isDuration(ConfigOption<?> option) {
        return option.defaultValue() instanceof Duration
                || option.equals(SCAN_WATERMARK_ADVANCE_INTERVAL)
                || option.equals(LOOKUP_EXPIRE_AFTER_WRITE)
                || option.equals(LOOKUP_EXPIRE_AFTER_ACCESS)
                || option.equals(SinkOptions.TTL);
    }
}
