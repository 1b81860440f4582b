// SPDX-License-Identifier: Apache-2.0
package io.zkflink.table.options;

import io.zkflink.client.Acl;
import io.zkflink.client.ConnectionSettings;
import io.zkflink.client.CreateMode;
import io.zkflink.client.settings.InvalidSettingException;
import java.time.Duration;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Consumer;
import java.util.function.Supplier;
import org.apache.flink.annotation.Internal;
import org.apache.flink.api.common.RuntimeExecutionMode;
import org.apache.flink.configuration.ConfigOption;
import org.apache.flink.configuration.ConfigOptions;
import org.apache.flink.configuration.ExecutionOptions;
import org.apache.flink.configuration.ReadableConfig;
import org.apache.flink.table.api.ValidationException;

/**
 * Reads a table's options, once, into the settings of the packages that go by them, and says what is wrong with one:
 * option, value, rule, way out. Here is what all tables have; the readers of scans, lookups, payloads and sinks go by
 * what is here.
 */
@Internal
public final class OptionsReader {

    private static final String FOLDER_SEPARATOR = ";";

    /** Flink's own, which is in another class in each of its versions. */
    private static final ConfigOption<Duration> CHECKPOINT_INTERVAL =
            ConfigOptions.key("execution.checkpointing.interval").durationType().defaultValue(Duration.ZERO);

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
                throw invalid(option, TypeRule.of(option, e));
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

    public ScanOptionsReader scan() {
        return new ScanOptionsReader(options, this);
    }

    public LookupOptionsReader lookup() {
        return new LookupOptionsReader(options, raw, this);
    }

    public PayloadOptionsReader payload() {
        return new PayloadOptionsReader(options, raw, this);
    }

    public boolean isBatch() {
        return session.get(ExecutionOptions.RUNTIME_MODE) == RuntimeExecutionMode.BATCH;
    }

    /** Whether the session asks for checkpoints; so may the environment that it runs in. */
    public boolean isCheckpointed() {
        return !isBatch() && !session.get(CHECKPOINT_INTERVAL).isZero();
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

    Duration inRange(long minMillis, ConfigOption<Duration> option) {
        Duration value = options.get(option);
        return valid(() -> {
            InvalidSettingException.checkDuration(option.key(), value, minMillis);
            return value;
        });
    }

    public int atLeastOne(ConfigOption<Integer> option) {
        return atLeast(1, option);
    }

    int atLeast(int min, ConfigOption<Integer> option) {
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
}
