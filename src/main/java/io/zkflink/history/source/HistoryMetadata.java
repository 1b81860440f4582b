// SPDX-License-Identifier: Apache-2.0
package io.zkflink.history.source;

import io.zkflink.history.Operation;
import io.zkflink.history.Transaction;
import io.zkflink.path.ZNodePath;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.function.BiFunction;
import org.apache.flink.annotation.Internal;
import org.apache.flink.table.api.DataTypes;
import org.apache.flink.table.data.StringData;
import org.apache.flink.table.data.TimestampData;
import org.apache.flink.table.types.DataType;

/** The metadata columns of what transactions did. */
@Internal
public enum HistoryMetadata {
    OP(
            "op",
            "What was done to the znode: `CREATE`, `SET`, `DELETE` or `SET_ACL`.",
            DataTypes.STRING().notNull(),
            (transaction, operation) -> text(operation.kind().name())),
    ZXID(
            "zxid",
            "The number of the transaction.",
            DataTypes.BIGINT().notNull(),
            (transaction, operation) -> transaction.zxid()),
    ORDINAL(
            "ordinal",
            "The place of the operation in its transaction, from 0.",
            DataTypes.INT().notNull(),
            (transaction, operation) -> operation.ordinal()),
    SESSION(
            "session",
            "The session that asked for it; where ephemeral znodes go with their session, that session. 0 for the"
                    + " server's own deletions of containers and TTL znodes.",
            DataTypes.BIGINT().notNull(),
            (transaction, operation) -> transaction.session()),
    TIME(
            "time",
            "When the leader took the transaction, by its clock.",
            DataTypes.TIMESTAMP_LTZ(3).notNull(),
            (transaction, operation) -> TimestampData.fromEpochMillis(transaction.time())),
    PATH(
            "path",
            "The znode's path, without chroot.",
            DataTypes.STRING().notNull(),
            (transaction, operation) -> text(operation.path())),
    NAME(
            "name",
            "The last segment of the path.",
            DataTypes.STRING().notNull(),
            (transaction, operation) -> text(ZNodePath.name(operation.path()))),
    VERSION(
            "version",
            "The version of the data after `CREATE` (0) and `SET`; else NULL.",
            DataTypes.INT(),
            (transaction, operation) -> writesData(operation) ? operation.version() : null),
    CREATE_MODE(
            "create_mode",
            "After `CREATE`: `persistent`, `ephemeral`, `container` or `persistent-with-ttl`; else NULL.",
            DataTypes.STRING(),
            (transaction, operation) -> operation.createMode() == null
                    ? null
                    : text(operation.createMode().toString())),
    EPHEMERAL_OWNER(
            "ephemeral-owner",
            "After `CREATE`: the session of an ephemeral znode, else 0; NULL for other operations.",
            DataTypes.BIGINT(),
            (transaction, operation) -> operation.kind() == Operation.Kind.CREATE ? operation.owner() : null),
    DATA_LENGTH(
            "data-length",
            "Bytes of data that `CREATE` and `SET` wrote; else NULL.",
            DataTypes.INT(),
            (transaction, operation) ->
                    writesData(operation) ? (operation.data() == null ? 0 : operation.data().length) : null),
    ACL(
            "acl",
            "The ACL that `CREATE` and `SET_ACL` wrote, as `scheme:id:permissions[,...]`; else NULL.",
            DataTypes.STRING(),
            (transaction, operation) -> operation.acl() == null ? null : text(operation.acl())),
    FILE(
            "file",
            "The transaction log that has it.",
            DataTypes.STRING().notNull(),
            (transaction, operation) -> text(transaction.file().toString()));

    private final String key;
    private final String description;
    private final DataType type;
    private final BiFunction<Transaction, Operation, Object> value;

    HistoryMetadata(String key, String description, DataType type, BiFunction<Transaction, Operation, Object> value) {
        this.key = key;
        this.description = description;
        this.type = type;
        this.value = value;
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
    Object of(Transaction transaction, Operation operation) {
        return value.apply(transaction, operation);
    }

    public static HistoryMetadata of(String key) {
        return Arrays.stream(values())
                .filter(metadata -> metadata.key.equals(key))
                .findFirst()
                .orElseThrow(() -> new IllegalArgumentException("No such metadata: " + key));
    }

    /** Keys and types of all metadata columns, in order. */
    public static Map<String, DataType> types() {
        Map<String, DataType> types = new LinkedHashMap<>();
        for (HistoryMetadata metadata : values()) {
            types.put(metadata.key, metadata.type);
        }
        return types;
    }

    private static boolean writesData(Operation operation) {
        return operation.kind() == Operation.Kind.CREATE || operation.kind() == Operation.Kind.SET;
    }

    private static StringData text(String text) {
        return StringData.fromString(text);
    }
}
