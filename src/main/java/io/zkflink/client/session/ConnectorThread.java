// SPDX-License-Identifier: Apache-2.0
package io.zkflink.client.session;

import java.security.AccessController;
import java.security.PrivilegedAction;
import org.apache.flink.annotation.Internal;

/**
 * A daemon thread that may outlive the job that started it, because others use what it serves. It takes over nothing of
 * the thread that makes it: neither the job's class loader, which is closed when that job ends, nor what refers to it
 * (thread locals, the access control context). Threads that it makes, such as those of ZooKeeper's client, are like it.
 */
@Internal
public final class ConnectorThread extends Thread {

    private ConnectorThread(Runnable task, String name) {
        super(null, task, name, 0, false);
        setContextClassLoader(ConnectorThread.class.getClassLoader());
        setDaemon(true);
    }

    /** Makes a thread, which is to be started. */
    @SuppressWarnings("removal") // without it a thread keeps the classes that called
    public static Thread of(Runnable task, String name) {
        return AccessController.doPrivileged((PrivilegedAction<Thread>) () -> new ConnectorThread(task, name));
    }
}
