/** Something to try the page with. Nothing of it means anything to the service. */
export function sampleOrder(): object {
  return {
    orderDetails: 'A sample: two crates of apples for the office',
    items: [
      { sku: 'apple-crate', quantity: 2, unitPrice: { value: '18.50', currency: 'EUR' } },
      { sku: 'delivery', quantity: 1, unitPrice: { value: '4.90', currency: 'EUR' } },
    ],
    amount: { value: '41.90', currency: 'EUR' },
  };
}
