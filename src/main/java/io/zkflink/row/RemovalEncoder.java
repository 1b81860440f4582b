// SPDX-License-Identifier: Apache-2.0
package io.zkflink.row;

import io.zkflink.path.PathTemplate;
import org.apache.flink.annotation.Internal;
import org.apache.flink.api.common.serialization.SerializationSchema;

/** Takes paths, and removes their znodes. */
@Internal
public final class RemovalEncoder implements RecordEncoder<String> {

    private static final long serialVersionUID = 1L;

    private final PathTemplate template;

    /**
     * @param template of the paths
     */
    public RemovalEncoder(PathTemplate template) {
        this.template = template;
    }

    @Override
    public void open(SerializationSchema.InitializationContext context) {}

    @Override
    public boolean makesUnrelatedPaths() {
        return !template.isOpenEnded();
    }

    @Override
    public String paths() {
        return template.toString();
    }

    @Override
    public RowWrite write(String path) {
        return new RowWrite.Remove(path);
    }
}
