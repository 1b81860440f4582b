// SPDX-License-Identifier: Apache-2.0
package io.zkflink.table.options;

import io.zkflink.client.Acl;
import io.zkflink.client.ConnectionSettings;
import io.zkflink.client.CreateMode;
import io.zkflink.client.settings.InvalidSettingException;
import io.zkflink.lookup.LookupCaching;
import io.zkflink.lookup.LookupSettings;
import io.zkflink.row.payload.PayloadCompression;
import io.zkflink.row.payload.PayloadDecoder;
import io.zkflink.source.settings.BoundedMode;
import io.zkflink.source.settings.ScanMode;
import io.zkflink.source.settings.ScanSettings;
import io.zkflink.source.settings.StartupMode;
import java.time.Duration;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.function.Consumer;
import java.util.function.Supplier;
import org.apache.flink.annotation.Internal;
import org.apache.flink.api.common.RuntimeExecutionMode;
import org.apache.flink.configuration.ConfigOption;
import org.apache.flink.configuration.ConfigOptions;
import org.apache.flink.configuration.ExecutionOptions;
import org.apache.flink.configuration.MemorySize;
import org.apache.flink.configuration.ReadableConfig;
import org.apache.flink.table.api.ValidationException;
import org.apache.flink.table.connector.source.lookup.LookupOptions;

/**
 * Reads a table's options, once, into the settings of the packages that go by them, and says what is wrong with one:
 * option, value, rule, way out.
 */
@Internal
public final class OptionsReader {

    private static final String FOLDER_SEPARATOR = ";";
    private static final String ENUM_VALUES = "Expected one of:";

    /** Flink's own, which is in another class in each of its versions. */
    private static final ConfigOption<Duration> CHECKPOINT_INTERVAL =
            ConfigOptions.key("execution.checkpointing.interval").durationType().defaultValue(Duration.ZERO);

    private static final long MAX_INFLATED_BYTES = 1024 * 1024 * 1024;

    private final ReadableConfig options;
    private final Map<String, String> raw;
    private final ReadableConfig session;

    /**
     * @param options the table's options, typed
     * @param raw the table's options as written
     * @param session the configuration of the session, for its execution mode
     */
    public OptionsReader(ReadableConfig options, Map<String, String> raw, ReadableConfig session) {
        this.options = options;
        this.raw = raw;
        this.session = session;
    }

    /** Fails for a known option whose text is no value of its type, before anybody else reads it. */
    public void checkTypes(List<ConfigOption<?>> known) {
        raw.keySet().stream()
                .filter(key -> key.startsWith(ZooKeeperOptions.FULL_CACHE_PREFIX))
                .findFirst()
                .ifPresent(key -> {
                    throw new ValidationException("Unsupported option '" + key + "': with 'lookup.cache' = 'FULL' the"
                            + " subtree is mirrored and follows each change, so nothing is ever reloaded. Remove the"
                            + " option.");
                });
        known.forEach(option -> {
            try {
                options.getOptional(option);
            } catch (IllegalArgumentException e) {
                throw invalid(option, rule(option, e));
            }
        });
    }

    /** Where the server has the root of all paths; tables that read files know none and have the server's own paths. */
    public String base() {
        return options.getOptional(ZooKeeperOptions.CONNECT_STRING).isPresent()
                ? connection().base()
                : "";
    }

    public ConnectionSettings connection() {
        return valid(() -> new ConnectionSettings(
                options.get(ZooKeeperOptions.CONNECT_STRING),
                options.get(ZooKeeperOptions.NAMESPACE),
                options.get(ZooKeeperOptions.SESSION_TIMEOUT),
                options.get(ZooKeeperOptions.CONNECTION_TIMEOUT),
                options.get(ZooKeeperOptions.RETRY_WAIT),
                options.get(ZooKeeperOptions.MAX_RETRY_ATTEMPTS),
                properties(),
                new SecurityReader(options).read()));
    }

    /** Settings whose own rules are told with values as the user wrote them. */
    <T> T valid(Supplier<T> settings) {
        try {
            return settings.get();
        } catch (InvalidSettingException e) {
            throw new ValidationException(e.messageFor(raw.get(e.option())));
        }
    }

    /** What is to be known of data that is read in a format. */
    public PayloadDecoder.Rules payload(String format) {
        FormatOptions written = new FormatOptions(format, raw);
        return new PayloadDecoder.Rules(
                options.get(ZooKeeperOptions.PAYLOAD_COMPRESSION),
                maxInflatedBytes(),
                written.boundary(),
                written.swallowErrors());
    }

    private int maxInflatedBytes() {
        long bytes = options.get(ZooKeeperOptions.PAYLOAD_MAX_INFLATED_SIZE).getBytes();
        if (bytes < 1 || bytes > MAX_INFLATED_BYTES) {
            throw invalid(ZooKeeperOptions.PAYLOAD_MAX_INFLATED_SIZE, "it must be from '1 b' to '1 gb'.");
        }
        return (int) bytes;
    }

    /** How data that is written is compressed. */
    public PayloadCompression writtenCompression() {
        PayloadCompression compression = options.get(ZooKeeperOptions.PAYLOAD_COMPRESSION);
        if (compression == PayloadCompression.AUTO) {
            throw invalid(
                    ZooKeeperOptions.PAYLOAD_COMPRESSION,
                    "it says how to read and not how to write. Set it to 'gzip', 'zlib' or 'none' in the table that is"
                            + " written, for example with INSERT INTO t /*+ OPTIONS('payload.compression' = 'gzip') */.");
        }
        return compression;
    }

    public boolean isBatch() {
        return session.get(ExecutionOptions.RUNTIME_MODE) == RuntimeExecutionMode.BATCH;
    }

    /** Whether the session asks for checkpoints; so may the environment that it runs in. */
    public boolean isCheckpointed() {
        return !isBatch() && !session.get(CHECKPOINT_INTERVAL).isZero();
    }

    /**
     * How to scan.
     *
     * @param standard the mode where none is set
     */
    public ScanSettings scan(boolean hasPrimaryKey, ScanMode standard) {
        ScanMode mode =
                options.getOptional(ZooKeeperOptions.SCAN_CHANGELOG_MODE).orElse(standard);
        boolean batch = isBatch();
        BoundedMode bounded = options.getOptional(ZooKeeperOptions.SCAN_BOUNDED_MODE)
                .orElse(batch ? BoundedMode.SNAPSHOT : BoundedMode.UNBOUNDED);
        if (batch && bounded == BoundedMode.UNBOUNDED) {
            throw invalid(
                    ZooKeeperOptions.SCAN_BOUNDED_MODE,
                    "a batch job must end. Remove the option, set it to 'snapshot', or run in streaming mode with SET"
                            + " 'execution.runtime-mode' = 'streaming'.");
        }
        return valid(() -> new ScanSettings(
                mode,
                options.get(ZooKeeperOptions.SCAN_STARTUP_MODE),
                bounded,
                hasPrimaryKey,
                options.getOptional(ZooKeeperOptions.SCAN_PARALLELISM).orElse(1),
                changeDetection(),
                options.get(ZooKeeperOptions.SCAN_UNREADABLE),
                ScanSettings.Pushed.NONE));
    }

    /** Of a tree as it was, for which nothing counts that says how a live one is followed. */
    public ScanSettings scanOfPast(boolean hasPrimaryKey, ScanMode standard) {
        return new ScanSettings(
                options.getOptional(ZooKeeperOptions.SCAN_CHANGELOG_MODE).orElse(standard),
                StartupMode.INITIAL,
                BoundedMode.SNAPSHOT,
                hasPrimaryKey,
                1,
                changeDetection(),
                options.get(ZooKeeperOptions.SCAN_UNREADABLE),
                ScanSettings.Pushed.NONE);
    }

    /** Folders with files of ZooKeeper's servers. */
    public List<String> folders(ConfigOption<String> option) {
        List<String> folders = Arrays.stream(options.get(option).split(FOLDER_SEPARATOR))
                .map(String::strip)
                .filter(folder -> !folder.isEmpty())
                .toList();
        if (folders.isEmpty()) {
            throw invalid(option, "it must name a folder, or several, separated by ';'.");
        }
        return folders;
    }

    /**
     * How to look rows up.
     *
     * @param schema of the table, to tell tables apart
     */
    public LookupSettings lookup(String schema) {
        return new LookupSettings(
                new TreeMap<>(raw) + schema,
                options.get(ZooKeeperOptions.LOOKUP_ASYNC),
                atLeast(0, ZooKeeperOptions.LOOKUP_MAX_RETRIES),
                inRange(0, ZooKeeperOptions.LOOKUP_MAX_STALENESS),
                options.get(ZooKeeperOptions.LOOKUP_PARSE_ERRORS),
                caching());
    }

    private LookupCaching caching() {
        LookupOptions.LookupCacheType type = options.get(ZooKeeperOptions.LOOKUP_CACHE);
        if (type == LookupOptions.LookupCacheType.PARTIAL) {
            return new LookupCaching.Partial(limits(), options.get(ZooKeeperOptions.LOOKUP_INVALIDATION));
        }
        ZooKeeperOptions.OF_PARTIAL_CACHE.stream()
                .filter(option -> options.getOptional(option).isPresent())
                .findFirst()
                .ifPresent(option -> {
                    throw invalid(
                            option,
                            "it needs 'lookup.cache' = 'PARTIAL', which is '" + type + "'. Set that, or remove the"
                                    + " option.");
                });
        return type == LookupOptions.LookupCacheType.FULL ? new LookupCaching.Full() : new LookupCaching.None();
    }

    private LookupCaching.Limits limits() {
        LookupCaching.Limits limits = new LookupCaching.Limits(
                options.getOptional(ZooKeeperOptions.LOOKUP_EXPIRE_AFTER_ACCESS)
                        .map(set -> positive(ZooKeeperOptions.LOOKUP_EXPIRE_AFTER_ACCESS))
                        .orElse(null),
                options.getOptional(ZooKeeperOptions.LOOKUP_EXPIRE_AFTER_WRITE)
                        .map(set -> positive(ZooKeeperOptions.LOOKUP_EXPIRE_AFTER_WRITE))
                        .orElse(null),
                options.getOptional(ZooKeeperOptions.LOOKUP_MAX_ROWS).orElse(null),
                options.get(ZooKeeperOptions.LOOKUP_CACHE_MISSING_KEY));
        if (limits.maxRows() != null && limits.maxRows() < 1) {
            throw invalid(ZooKeeperOptions.LOOKUP_MAX_ROWS, "it must be at least 1.");
        }
        if (limits.maxRows() == null && limits.expireAfterAccess() == null && limits.expireAfterWrite() == null) {
            throw invalid(
                    ZooKeeperOptions.LOOKUP_CACHE,
                    "without a limit the cache could grow for ever. Set 'lookup.partial-cache.max-rows',"
                            + " 'lookup.partial-cache.expire-after-write' or"
                            + " 'lookup.partial-cache.expire-after-access'.");
        }
        return limits;
    }

    private ScanSettings.ChangeDetection changeDetection() {
        boolean advances = options.getOptional(ZooKeeperOptions.SCAN_WATERMARK_ADVANCE_INTERVAL)
                .isPresent();
        return new ScanSettings.ChangeDetection(
                options.get(ZooKeeperOptions.SCAN_WATCH_MODE),
                options.get(ZooKeeperOptions.SCAN_POLL_INTERVAL),
                advances ? positive(ZooKeeperOptions.SCAN_WATERMARK_ADVANCE_INTERVAL) : Duration.ZERO);
    }

    private Map<String, String> properties() {
        Map<String, String> properties = new HashMap<>();
        raw.forEach((key, value) -> {
            if (key.startsWith(ZooKeeperOptions.PROPERTIES_PREFIX)) {
                properties.put(key.substring(ZooKeeperOptions.PROPERTIES_PREFIX.length()), value);
            }
        });
        return properties;
    }

    void check(ConfigOption<String> option, Consumer<String> rule, String wayOut) {
        try {
            rule.accept(options.get(option));
        } catch (IllegalArgumentException e) {
            throw invalid(option, e.getMessage().replaceFirst("\\.$", "") + "; " + wayOut + ".");
        }
    }

    /** Who may do what with znodes that are created. */
    Acl acl(ConfigOption<String> option) {
        String text = options.get(option);
        return switch (text) {
            case "open" -> Acl.OPEN;
            case "creator" -> Acl.CREATOR;
            case "read-only" -> Acl.READ_ONLY;
            default -> {
                check(
                        option,
                        Acl::parse,
                        "write 'open', 'creator', 'read-only', or a list like 'digest:user:hash:cdrwa,world:anyone:r'");
                yield Acl.parse(text);
            }
        };
    }

    public Duration positive(ConfigOption<Duration> option) {
        return inRange(1, option);
    }

    Duration ttl(ConfigOption<Duration> option) {
        return valid(() -> CreateMode.checkTtl(options.get(option)));
    }

    private Duration inRange(long minMillis, ConfigOption<Duration> option) {
        Duration value = options.get(option);
        return valid(() -> {
            InvalidSettingException.checkDuration(option.key(), value, minMillis);
            return value;
        });
    }

    public int atLeastOne(ConfigOption<Integer> option) {
        return atLeast(1, option);
    }

    private int atLeast(int min, ConfigOption<Integer> option) {
        int value = options.get(option);
        return valid(() -> {
            InvalidSettingException.checkAtLeast(min, option.key(), value);
            return value;
        });
    }

    public ValidationException invalid(ConfigOption<?> option, String rule) {
        return new ValidationException(
                "Invalid value '" + raw.get(option.key()) + "' for option '" + option.key() + "': " + rule);
    }

    /** What an option's type demands; of an enumeration Flink says it only in the innermost cause. */
    private static String rule(ConfigOption<?> option, Throwable error) {
        if (ZooKeeperOptions.isDuration(option)) {
            return "it must be a duration like '15 s'.";
        }
        if (option.defaultValue() instanceof MemorySize) {
            return "it must be a size like '1 mb'.";
        }
        Throwable cause = error;
        while (cause.getCause() != null) {
            cause = cause.getCause();
        }
        String message = String.valueOf(cause.getMessage());
        if (message.contains("boolean")) {
            return "it must be 'true' or 'false'.";
        }
        int values = message.indexOf(ENUM_VALUES);
        if (values < 0) {
            return "it must be a whole number.";
        }
        return "it must be one of '"
                + message.substring(values + ENUM_VALUES.length())
                        .replaceAll("[\\[\\]]", "")
                        .strip()
                        .replace(", ", "', '")
                + "'.";
    }
}
