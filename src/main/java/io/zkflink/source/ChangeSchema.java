// SPDX-License-Identifier: Apache-2.0
package io.zkflink.source;

import org.apache.flink.annotation.Internal;
import org.apache.flink.api.common.typeinfo.TypeInformation;

/** Changes as they are. */
@Internal
public final class ChangeSchema implements ZNodeDeserializationSchema<ZNodeChange> {

    private static final long serialVersionUID = 1L;

    @Override
    public ZNodeChange deserialize(ZNodeChange change) {
        return change;
    }

    @Override
    public TypeInformation<ZNodeChange> getProducedType() {
        return TypeInformation.of(ZNodeChange.class);
    }
}
