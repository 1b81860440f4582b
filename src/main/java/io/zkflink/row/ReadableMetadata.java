// SPDX-License-Identifier: Apache-2.0
package io.zkflink.row;

import io.zkflink.client.ZNode;
import io.zkflink.client.ZNodeStat;
import io.zkflink.path.ZNodePath;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.function.Function;
import java.util.stream.Collectors;
import org.apache.flink.annotation.Internal;
import org.apache.flink.table.api.DataTypes;
import org.apache.flink.table.data.StringData;
import org.apache.flink.table.data.TimestampData;
import org.apache.flink.table.types.DataType;

/** The metadata columns that a scan can read. In rows that say that a znode is gone, those of the Stat are
 * NULL, unless the whole last row is taken back. */
@Internal
public enum ReadableMetadata {
    PATH(
            "path",
            "The znode's path, relative to chroot and `namespace`.",
            DataTypes.STRING().notNull()) {
        @Override
        Object of(ZNode znode, EventType event) {
            return StringData.fromString(znode.path());
        }
    },
    NAME("name", "The last segment of the path.", DataTypes.STRING().notNull()) {
        @Override
        Object of(ZNode znode, EventType event) {
            return StringData.fromString(ZNodePath.name(znode.path()));
        }
    },
    VERSION("version", "How often the data was set since the znode was created.", stat(ZNodeStat::version)),
    CVERSION("cversion", "How often the children changed, as of this row.", stat(ZNodeStat::cversion)),
    AVERSION("aversion", "How often the ACL was set, as of this row.", stat(ZNodeStat::aversion)),
    CZXID("czxid", "The transaction that created the znode.", zxid(ZNodeStat::czxid)),
    MZXID("mzxid", "The transaction that last set the data.", zxid(ZNodeStat::mzxid)),
    PZXID("pzxid", "The transaction that last changed the children, as of this row.", zxid(ZNodeStat::pzxid)),
    CTIME("ctime", "When the znode was created, by the server's clock.", time(ZNodeStat::ctime)),
    MTIME(
            "mtime",
            "When the data was last set, by the server's clock; in rows that say that the znode is gone, when that was"
                    + " observed.",
            DataTypes.TIMESTAMP_LTZ(3).notNull()) {
        @Override
        Object of(ZNode znode, EventType event) {
            return TimestampData.fromEpochMillis(znode.stat().mtime());
        }
    },
    EPHEMERAL_OWNER(
            "ephemeral-owner",
            "The Stat's raw value: the session of an ephemeral znode, else 0.",
            zxid(ZNodeStat::ephemeralOwner)),
    DATA_LENGTH("data-length", "Bytes of data.", stat(ZNodeStat::dataLength)),
    NUM_CHILDREN("num-children", "Number of children, as of this row.", stat(ZNodeStat::numChildren)),
    EVENT_TYPE(
            "event-type",
            "`CREATED`, `CHANGED` or `DELETED`; only with `scan.changelog-mode` = `append`.",
            DataTypes.STRING().notNull()) {
        @Override
        Object of(ZNode znode, EventType event) {
            return StringData.fromString(event.name());
        }
    };

    private final String key;
    private final String description;
    private final DataType type;
    private final Function<ZNodeStat, Object> fromStat;

    ReadableMetadata(String key, String description, DataType type) {
        this(key, description, new Stat(type, stat -> null));
    }

    ReadableMetadata(String key, String description, Stat stat) {
        this.key = key;
        this.description = description;
        this.type = stat.type;
        this.fromStat = stat.value;
    }

    public String key() {
        return key;
    }

    /** For the docs, in Markdown. */
    public String description() {
        return description;
    }

    public DataType type() {
        return type;
    }

    /** The column's value, in Flink's internal form. */
    Object of(ZNode znode, EventType event) {
        return fromStat.apply(znode.stat());
    }

    /** Whether rows that say that a znode is gone have this column. */
    public boolean survivesDeletion() {
        return !type.getLogicalType().isNullable();
    }

    public static ReadableMetadata of(String key) {
        return Arrays.stream(values())
                .filter(metadata -> metadata.key.equals(key))
                .findFirst()
                .orElseThrow(() -> new IllegalArgumentException("No such metadata: " + key));
    }

    /** Keys and types of all metadata columns but {@code except}, in order. */
    public static Map<String, DataType> types(ReadableMetadata... except) {
        return Arrays.stream(values())
                .filter(metadata -> !Arrays.asList(except).contains(metadata))
                .collect(Collectors.toMap(
                        ReadableMetadata::key, ReadableMetadata::type, (a, b) -> a, LinkedHashMap::new));
    }

    private record Stat(DataType type, Function<ZNodeStat, Object> value) {}

    private static Stat stat(Function<ZNodeStat, Integer> value) {
        return new Stat(DataTypes.INT(), value::apply);
    }

    private static Stat zxid(Function<ZNodeStat, Long> value) {
        return new Stat(DataTypes.BIGINT(), value::apply);
    }

    private static Stat time(Function<ZNodeStat, Long> value) {
        return new Stat(DataTypes.TIMESTAMP_LTZ(3), value.andThen(TimestampData::fromEpochMillis)::apply);
    }
}
