// SPDX-License-Identifier: Apache-2.0
package io.zkflink.table.schema;

import io.zkflink.row.TableLayout;
import io.zkflink.row.payload.PayloadDecoder;
import io.zkflink.table.options.ZooKeeperOptions;
import java.util.List;
import java.util.Set;
import org.apache.flink.annotation.Internal;
import org.apache.flink.api.common.serialization.DeserializationSchema;
import org.apache.flink.api.common.serialization.SerializationSchema;
import org.apache.flink.configuration.Configuration;
import org.apache.flink.table.api.ValidationException;
import org.apache.flink.table.connector.Projection;
import org.apache.flink.table.connector.format.DecodingFormat;
import org.apache.flink.table.connector.format.EncodingFormat;
import org.apache.flink.table.connector.format.Format;
import org.apache.flink.table.connector.format.ProjectableDecodingFormat;
import org.apache.flink.table.connector.source.DynamicTableSource;
import org.apache.flink.table.data.RowData;
import org.apache.flink.table.factories.DeserializationFormatFactory;
import org.apache.flink.table.factories.DynamicTableFactory;
import org.apache.flink.table.factories.FactoryUtil;
import org.apache.flink.table.factories.SerializationFormatFactory;
import org.apache.flink.table.types.DataType;
import org.apache.flink.table.types.logical.RowType;
import org.apache.flink.types.RowKind;

/** Finds the format of the data, for either way, and makes decoders of it. */
@Internal
public final class PayloadFormat {

    private static final String RAW = "raw";

    /** The formats that find columns by their names or places, whichever of them are asked for. */
    private static final Set<String> PROJECTING = Set.of("json", "csv");

    private PayloadFormat() {}

    /** The format that a table's data is read by; null if no column comes from the data. */
    private static DecodingFormat<DeserializationSchema<RowData>> discover(
            FactoryUtil.TableFactoryHelper helper, DynamicTableFactory.Context context, TableLayout layout) {
        DecodingFormat<DeserializationSchema<RowData>> format = helper.<DeserializationSchema<RowData>,
                        DeserializationFormatFactory>
                        discoverOptionalDecodingFormat(DeserializationFormatFactory.class, ZooKeeperOptions.FORMAT)
                .orElse(null);
        if (!isNeeded(helper, layout, format)) {
            return null;
        }
        return format != null
                ? format
                : FactoryUtil.discoverFactory(context.getClassLoader(), DeserializationFormatFactory.class, RAW)
                        .createDecodingFormat(context, new Configuration());
    }

    /** The format that a table's data is written by; null if no column goes into the data. */
    public static EncodingFormat<SerializationSchema<RowData>> discoverEncoding(
            FactoryUtil.TableFactoryHelper helper, DynamicTableFactory.Context context, TableLayout layout) {
        EncodingFormat<SerializationSchema<RowData>> format = helper.<SerializationSchema<RowData>,
                        SerializationFormatFactory>
                        discoverOptionalEncodingFormat(SerializationFormatFactory.class, ZooKeeperOptions.FORMAT)
                .orElse(null);
        if (!isNeeded(helper, layout, format)) {
            return null;
        }
        return format != null
                ? format
                : FactoryUtil.discoverFactory(context.getClassLoader(), SerializationFormatFactory.class, RAW)
                        .createEncodingFormat(context, new Configuration());
    }

    /** Whether there is data; without a format it is raw. */
    private static boolean isNeeded(FactoryUtil.TableFactoryHelper helper, TableLayout layout, Format format) {
        int payloadColumns = DataType.getFieldCount(layout.payload());
        String name = helper.getOptions().getOptional(ZooKeeperOptions.FORMAT).orElse(null);
        if (payloadColumns == 0 && format != null) {
            throw new ValidationException("Invalid value '" + name + "' for option 'format': all columns come from"
                    + " the path, so there is no data to decode. Remove the option, or declare a column for the"
                    + " data.");
        }
        if (payloadColumns > 1 && format == null) {
            throw new ValidationException("Missing option 'format': the data has " + payloadColumns + " columns ("
                    + String.join(", ", DataType.getFieldNames(layout.payload()))
                    + "), and only a single one defaults to 'raw'. Set 'format', for example to 'json', or bind more"
                    + " columns in 'path'.");
        }
        if (format != null && !format.getChangelogMode().containsOnly(RowKind.INSERT)) {
            throw new ValidationException("Invalid value '" + name + "' for option 'format': it decodes changes, while"
                    + " the data of a znode is one row. Use a format of plain rows, such as 'json'.");
        }
        return payloadColumns > 0;
    }

    /** What is known of the data of a table that is read, whatever columns a query needs; {@code null} without data. */
    public record Reading(
            DecodingFormat<DeserializationSchema<RowData>> format, boolean mayProject, PayloadDecoder.Rules rules) {}

    public static Reading reading(DeclaredTable table) {
        DecodingFormat<DeserializationSchema<RowData>> format = discover(table.helper, table.context, table.layout);
        String name = table.options.getOptional(ZooKeeperOptions.FORMAT).orElse(RAW);
        return format == null
                ? null
                : new Reading(
                        format,
                        PROJECTING.contains(name),
                        table.reader.payload().rules(name));
    }

    /** A decoder with the names of the fields that it gives. */
    public record Decoder(PayloadDecoder payload, List<String> fields) {
        public static final Decoder NONE = new Decoder(null, List.of());
    }

    /**
     * Makes a decoder of the payload columns among some physical ones. All are decoded unless the format is known to
     * decode some of them right: Avro takes the columns that it is asked for as those that were written (FLINK-35324).
     *
     * @param fields positions of physical columns, some of which come from the data
     */
    public static Decoder decoder(
            Reading reading, DynamicTableSource.Context context, TableLayout layout, int[] fields) {
        DataType payload = layout.payload();
        if (reading.mayProject()
                && reading.format() instanceof ProjectableDecodingFormat<DeserializationSchema<RowData>> projectable) {
            int[][] projection = layout.payloadProjection(fields);
            return decoder(
                    projectable.createRuntimeDecoder(context, payload, projection),
                    reading,
                    Projection.of(projection).project(payload));
        }
        return decoder(reading.format().createRuntimeDecoder(context, payload), reading, payload);
    }

    private static Decoder decoder(DeserializationSchema<RowData> format, Reading reading, DataType decoded) {
        RowType type = (RowType) decoded.getLogicalType();
        return new Decoder(new PayloadDecoder(format, reading.rules(), type), type.getFieldNames());
    }
}
