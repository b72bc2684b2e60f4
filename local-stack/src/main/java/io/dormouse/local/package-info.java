/** The whole suite in one JVM: puts the modules together. Decides nothing that a function would not decide the same way. */
package io.dormouse.local;
