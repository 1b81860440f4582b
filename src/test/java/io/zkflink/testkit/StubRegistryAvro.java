// SPDX-License-Identifier: Apache-2.0
package io.zkflink.testkit;

import java.io.DataInputStream;
import java.io.DataOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.util.List;
import java.util.Set;
import java.util.concurrent.CopyOnWriteArrayList;
import org.apache.avro.Schema;
import org.apache.avro.generic.GenericRecord;
import org.apache.flink.api.common.serialization.DeserializationSchema;
import org.apache.flink.api.common.serialization.SerializationSchema;
import org.apache.flink.configuration.ConfigOption;
import org.apache.flink.configuration.ReadableConfig;
import org.apache.flink.formats.avro.AvroRowDataDeserializationSchema;
import org.apache.flink.formats.avro.AvroRowDataSerializationSchema;
import org.apache.flink.formats.avro.AvroToRowDataConverters;
import org.apache.flink.formats.avro.RegistryAvroDeserializationSchema;
import org.apache.flink.formats.avro.RegistryAvroSerializationSchema;
import org.apache.flink.formats.avro.RowDataToAvroConverters;
import org.apache.flink.formats.avro.SchemaCoder;
import org.apache.flink.formats.avro.typeutils.AvroSchemaConverter;
import org.apache.flink.table.connector.ChangelogMode;
import org.apache.flink.table.connector.Projection;
import org.apache.flink.table.connector.format.DecodingFormat;
import org.apache.flink.table.connector.format.EncodingFormat;
import org.apache.flink.table.connector.format.ProjectableDecodingFormat;
import org.apache.flink.table.connector.sink.DynamicTableSink;
import org.apache.flink.table.connector.source.DynamicTableSource;
import org.apache.flink.table.data.RowData;
import org.apache.flink.table.factories.DeserializationFormatFactory;
import org.apache.flink.table.factories.DynamicTableFactory;
import org.apache.flink.table.factories.SerializationFormatFactory;
import org.apache.flink.table.types.DataType;
import org.apache.flink.table.types.logical.RowType;

/**
 * The format {@code avro-stub}: what {@code avro-confluent} does, whose registry's client is not on Maven Central, with
 * a registry in memory.
 */
public final class StubRegistryAvro implements DeserializationFormatFactory, SerializationFormatFactory {

    private static final List<Schema> REGISTRY = new CopyOnWriteArrayList<>();

    @Override
    public String factoryIdentifier() {
        return "avro-stub";
    }

    @Override
    public Set<ConfigOption<?>> requiredOptions() {
        return Set.of();
    }

    @Override
    public Set<ConfigOption<?>> optionalOptions() {
        return Set.of();
    }

    @Override
    public DecodingFormat<DeserializationSchema<RowData>> createDecodingFormat(
            DynamicTableFactory.Context context, ReadableConfig options) {
        return new ProjectableDecodingFormat<>() {
            @Override
            public DeserializationSchema<RowData> createRuntimeDecoder(
                    DynamicTableSource.Context source, DataType physical, int[][] projections) {
                DataType produced = Projection.of(projections).project(physical);
                RowType type = (RowType) produced.getLogicalType();
                return new AvroRowDataDeserializationSchema(
                        new RegistryAvroDeserializationSchema<>(
                                GenericRecord.class, AvroSchemaConverter.convertToSchema(type), Coder::new),
                        AvroToRowDataConverters.createRowConverter(type),
                        source.createTypeInformation(produced));
            }

            @Override
            public ChangelogMode getChangelogMode() {
                return ChangelogMode.insertOnly();
            }
        };
    }

    @Override
    public EncodingFormat<SerializationSchema<RowData>> createEncodingFormat(
            DynamicTableFactory.Context context, ReadableConfig options) {
        return new EncodingFormat<>() {
            @Override
            public SerializationSchema<RowData> createRuntimeEncoder(DynamicTableSink.Context sink, DataType consumed) {
                RowType type = (RowType) consumed.getLogicalType();
                return new AvroRowDataSerializationSchema(
                        type,
                        RegistryAvroSerializationSchema.forGeneric(
                                AvroSchemaConverter.convertToSchema(type), Coder::new),
                        RowDataToAvroConverters.createConverter(type));
            }

            @Override
            public ChangelogMode getChangelogMode() {
                return ChangelogMode.insertOnly();
            }
        };
    }

    /** Data begins with the number of its schema. */
    private static final class Coder implements SchemaCoder {
        @Override
        public Schema readSchema(InputStream in) throws IOException {
            return REGISTRY.get(new DataInputStream(in).readInt());
        }

        @Override
        public synchronized void writeSchema(Schema schema, OutputStream out) throws IOException {
            if (!REGISTRY.contains(schema)) {
                REGISTRY.add(schema);
            }
            new DataOutputStream(out).writeInt(REGISTRY.indexOf(schema));
        }
    }
}
