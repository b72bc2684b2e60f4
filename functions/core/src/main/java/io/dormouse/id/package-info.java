/** Identifiers, and the hashes that name contents: parsed at the border, typed inside. Knows nothing of what the ids stand for. */
package io.dormouse.id;
