// The reductions of the map unit: a maximum with its index, and a sum.
//
// valid_i: out_i holds a beat, of which lanes_i count. product_valid_i: the lanes' products do; sums of squares and
// sums of softmax weights are taken from there. The registers change only through descriptors that ask for them,
// and are readable on the register bus at any time. A descriptor that does not continue starts from nothing.

module map_reduce (
  input  logic         clk_i,
  input  logic         rst_ni,

  input  logic         start_i,
  input  logic [255:0] descriptor_i,   // map_descriptor_t
  input  logic         hand_i,

  input  logic         valid_i,
  input  logic [3:0]   lanes_i,
  input  logic [127:0] out_i,          // 4 x int32
  input  logic         product_valid_i,
  input  logic [3:0]   product_lanes_i,
  input  logic [63:0]  product0_i,
  input  logic [63:0]  product1_i,
  input  logic [63:0]  product2_i,
  input  logic [63:0]  product3_i,

  output logic [31:0]  maximum_o,
  input  logic [9:0]   reg_addr_i,
  output logic [31:0]  reg_rdata_o
);

  localparam logic [9:0] MaxIndex = 10'((tessera_pkg::RegReduceMax - tessera_pkg::RegisterBase) / 4);
  localparam logic [9:0] IndexIndex = 10'((tessera_pkg::RegReduceIndex - tessera_pkg::RegisterBase) / 4);
  localparam logic [9:0] SumLowIndex = 10'((tessera_pkg::RegReduceSumLow - tessera_pkg::RegisterBase) / 4);
  localparam logic [9:0] SumHighIndex = 10'((tessera_pkg::RegReduceSumHigh - tessera_pkg::RegisterBase) / 4);

  /* verilator lint_off UNUSEDSIGNAL */  // not every field is for this module
  tessera_pkg::map_descriptor_t d;
  /* verilator lint_on UNUSEDSIGNAL */
  assign d = descriptor_i;

  // What the descriptor that was started last asks for, and the one whose beats come.
  logic        next_magnitude_q, next_index_max_q, next_sum_out_q, next_sum_products_q, next_fresh_q;
  logic        magnitude_q, index_max_q, sum_out_q, sum_products_q;
  logic        fresh_q;        // nothing of it has come, and it does not continue
  logic [31:0] maximum_q, maximum_index_q;
  logic [31:0] position_q;     // elements that an indexed maximum has seen
  logic [63:0] sum_q;
  logic        take_maximum, take_sum;

  assign take_maximum = valid_i & (magnitude_q | index_max_q);
  assign take_sum = sum_products_q ? product_valid_i : sum_out_q & valid_i;

  assign maximum_o = maximum_q;

  always_comb begin
    unique case (reg_addr_i)
      MaxIndex: reg_rdata_o = maximum_q;
      IndexIndex: reg_rdata_o = maximum_index_q;
      SumLowIndex: reg_rdata_o = sum_q[31:0];
      SumHighIndex: reg_rdata_o = sum_q[63:32];
      default: reg_rdata_o = 32'd0;
    endcase
  end

  always_ff @(posedge clk_i or negedge rst_ni) begin
    if (!rst_ni) begin
      {next_magnitude_q, next_index_max_q, next_sum_out_q, next_sum_products_q, next_fresh_q} <= 5'd0;
    end else if (start_i) begin
      next_magnitude_q <= d.reduce == tessera_pkg::ReduceMaxMagnitude;
      next_index_max_q <= d.reduce == tessera_pkg::ReduceMaxIndex;
      next_sum_out_q <= d.reduce == tessera_pkg::ReduceSum && d.operation != tessera_pkg::MapExpw;
      next_sum_products_q <= d.reduce == tessera_pkg::ReduceSumSquares ||
                             (d.reduce == tessera_pkg::ReduceSum && d.operation == tessera_pkg::MapExpw);
      next_fresh_q <= ~d.reduce_continue;
    end
  end

  always_ff @(posedge clk_i or negedge rst_ni) begin
    if (!rst_ni) begin
      {magnitude_q, index_max_q, sum_out_q, sum_products_q, fresh_q} <= 5'd0;
    end else if (hand_i) begin
      magnitude_q <= next_magnitude_q;
      index_max_q <= next_index_max_q;
      sum_out_q <= next_sum_out_q;
      sum_products_q <= next_sum_products_q;
      fresh_q <= next_fresh_q;
    end else if (take_maximum || take_sum) begin
      fresh_q <= 1'b0;
    end
  end

  // ---------------------------------------------------------------- maximum

  localparam logic [31:0] Sign = 32'h8000_0000;

  // Values as keys that compare unsigned. Lanes that do not count have the least key, which replaces nothing.
  function logic [31:0] key(input logic counts, input logic magnitude, input logic [31:0] value);
    key = magnitude ? (value[31] ? -value : value) : value ^ Sign;
    if (!counts) key = 32'd0;
  endfunction

  always_ff @(posedge clk_i or negedge rst_ni) begin : maximum
    logic [31:0] key0, key1, key2, key3, low, high, best, old, position;
    logic        low_second, high_second, best_high;
    if (!rst_ni) begin
      maximum_q <= 32'd0;
      maximum_index_q <= 32'd0;
      position_q <= 32'd0;
    end else if (take_maximum) begin
      key0 = key(lanes_i[0], magnitude_q, out_i[31:0]);
      key1 = key(lanes_i[1], magnitude_q, out_i[63:32]);
      key2 = key(lanes_i[2], magnitude_q, out_i[95:64]);
      key3 = key(lanes_i[3], magnitude_q, out_i[127:96]);
      low_second = key1 > key0;
      high_second = key3 > key2;
      low = low_second ? key1 : key0;
      high = high_second ? key3 : key2;
      best_high = high > low;
      best = best_high ? high : low;
      old = magnitude_q ? maximum_q : maximum_q ^ Sign;
      position = fresh_q ? 32'd0 : position_q;
      if (fresh_q || best > old) begin
        maximum_q <= magnitude_q ? best : best ^ Sign;
        if (index_max_q)
          maximum_index_q <= position + {30'd0, best_high, best_high ? high_second : low_second};
      end
      // The lanes that count are the lowest ones.
      if (index_max_q)
        position_q <= position + (lanes_i[3] ? 32'd4 : lanes_i[2] ? 32'd3 : lanes_i[1] ? 32'd2 : 32'd1);
    end
  end

  // ---------------------------------------------------------------- sum

  always_ff @(posedge clk_i or negedge rst_ni) begin : sum
    logic [63:0] term0, term1, term2, term3;
    logic [3:0]  lanes;
    if (!rst_ni) begin
      sum_q <= 64'd0;
    end else if (take_sum) begin
      term0 = sum_products_q ? product0_i : 64'($signed(out_i[31:0]));
      term1 = sum_products_q ? product1_i : 64'($signed(out_i[63:32]));
      term2 = sum_products_q ? product2_i : 64'($signed(out_i[95:64]));
      term3 = sum_products_q ? product3_i : 64'($signed(out_i[127:96]));
      lanes = sum_products_q ? product_lanes_i : lanes_i;
      sum_q <= (fresh_q ? 64'd0 : sum_q) + (lanes[0] ? term0 : 64'd0) + (lanes[1] ? term1 : 64'd0) +
               (lanes[2] ? term2 : 64'd0) + (lanes[3] ? term3 : 64'd0);
    end
  end

endmodule
