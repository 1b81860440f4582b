// SPDX-License-Identifier: Apache-2.0
package io.zkflink.lookup;

import io.zkflink.client.ConnectionSettings;
import io.zkflink.client.Content;
import io.zkflink.path.PathEncoding;
import io.zkflink.path.PathTemplate;
import io.zkflink.path.SegmentType;
import io.zkflink.row.Column;
import io.zkflink.row.ParseErrorPolicy;
import io.zkflink.row.ReadableMetadata;
import io.zkflink.row.ZNodeDecoder;
import java.time.Duration;
import java.util.List;
import org.apache.flink.api.common.typeutils.TypeSerializer;
import org.apache.flink.table.data.GenericRowData;
import org.apache.flink.table.data.RowData;
import org.apache.flink.table.data.StringData;
import org.apache.flink.table.runtime.typeutils.RowDataSerializer;
import org.apache.flink.table.types.logical.IntType;
import org.apache.flink.table.types.logical.LogicalType;
import org.apache.flink.table.types.logical.VarCharType;

/** A table {@code a STRING, b STRING, version INT} of {@code /r/{a}/{b}} for tests with the fake. */
final class LookupFixtures {

    static final PathTemplate TEMPLATE =
            PathTemplate.parse("/r/{a}/{b}", PathEncoding.NONE, name -> SegmentType.STRING);
    static final List<Column> COLUMNS =
            List.of(new Column.FromPath(0), new Column.FromPath(1), new Column.FromMetadata(ReadableMetadata.VERSION));
    static final List<LogicalType> TYPES = List.of(VarCharType.STRING_TYPE, VarCharType.STRING_TYPE, new IntType());

    private LookupFixtures() {}

    static LookupKeys keys(int... columns) {
        return new LookupKeys(TEMPLATE, COLUMNS, TYPES, columns);
    }

    static LookupTable table(Duration maxStaleness, LookupCaching caching) {
        return new LookupTable(
                "t",
                ConnectionSettings.of("nowhere:1"),
                TEMPLATE,
                COLUMNS,
                decoder(),
                Content.DATA,
                new LookupSettings("t", false, 3, maxStaleness, ParseErrorPolicy.FAIL, caching));
    }

    static ZNodeDecoder decoder() {
        return new ZNodeDecoder(TEMPLATE, COLUMNS, null, ParseErrorPolicy.FAIL, "lookup.parse-errors");
    }

    static TypeSerializer<RowData> serializer() {
        return serializer(TYPES);
    }

    /** Flink's for rows of some types. */
    static TypeSerializer<RowData> serializer(List<LogicalType> types) {
        return new RowDataSerializer(types.toArray(LogicalType[]::new));
    }

    /** Strings become Flink's. */
    static RowData key(Object... values) {
        GenericRowData key = new GenericRowData(values.length);
        for (int i = 0; i < values.length; i++) {
            key.setField(i, values[i] instanceof String text ? StringData.fromString(text) : values[i]);
        }
        return key;
    }
}
