/** What a deployment costs: published prices, times what the meter of the table and the templates count. */
package io.dormouse.cost;
