/** The one JSON mapper and its limits. Knows no schema. */
package io.dormouse.json;
